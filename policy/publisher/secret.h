/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The publisher's private keys: P-256, PEM files of mode 0600. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "agent/base/cleanup.h"
#include "agent/base/err.h"
#include "policy/key.h"

struct secret;

int secret_make(struct secret **ret, struct fault *fault);
int secret_load(int dir, const char *name, struct secret **ret, struct fault *fault);
struct secret *secret_free(struct secret *s); /* always NULL; wipes it */
DEFINE_DROP(secret, secret_free)

/* Refuses to replace a file: -EEXIST. */
int secret_store(struct secret *s, int dir, const char *name, struct fault *fault);

/* The public half as TUF metadata lists it; the caller owns *ret. */
int secret_public(struct secret *s, json_t **ret, struct fault *fault);

/* The id of that. */
const char *secret_id(const struct secret *s);

/* An ECDSA signature over SHA-256 of the bytes, DER in hex.  The caller frees *ret. */
int secret_sign(struct secret *s, const char *data, size_t len, char **ret, struct fault *fault);
