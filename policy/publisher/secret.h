/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private keys, from PEM files of mode 0600: PKCS#8, plain or sealed (pkcs8.h), and the
 * older forms of EC and RSA keys, plain.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "agent/base/err.h"
#include "policy/key.h"
#include "policy/publisher/blob.h"

struct secret;

/* A new P-256 key, or one of another type (mint.h). */
int secret_make(struct secret **ret, struct fault *fault);
int secret_make_type(const char *type, struct secret **ret, struct fault *fault);

/*
 * Reads a key.  -ENOKEY for a sealed one when phrase is NULL, -EKEYREJECTED for a wrong
 * passphrase.
 */
int secret_open(int dir, const char *name, const struct blob *phrase, struct secret **ret,
		struct fault *fault);
struct secret *secret_free(struct secret *s); /* always NULL; wipes it */
DEFINE_DROP(secret, secret_free)

/*
 * Writes a key of secret_make(), sealed unless phrase is NULL, and its public half beside
 * it with ".pub" for ".pem".  Refuses to replace a file: -EEXIST.
 */
int secret_store(struct secret *s, int dir, const char *name, const struct blob *phrase,
		 struct fault *fault);

/* "X.pub" for "X.pem".  -ENAMETOOLONG. */
int secret_public_name(const char *name, char *out, size_t room);

/* The public half as TUF metadata lists it; the caller owns *ret. */
int secret_public(struct secret *s, json_t **ret, struct fault *fault);

/* The id of that. */
const char *secret_id(const struct secret *s);

/* A signature of the key's scheme over the bytes, in hex.  The caller frees *ret. */
int secret_sign(struct secret *s, const char *data, size_t len, char **ret, struct fault *fault);
