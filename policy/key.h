/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public keys of TUF metadata (TUF 1.0.34 section 4.2, KEY) and the check of their signatures. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/base/cleanup.h"
#include "agent/base/err.h"

#define KEY_ID_TEXT 65	 /* SHA-256 in lower-case hex, and the NUL */
#define KEY_SIG_MAX 1024 /* bytes; the largest are RSA's */

struct key;

/*
 * A key as metadata lists it.  -EINVAL when id is not the hash of the object's canonical
 * form or the key does not decode; -ENOTSUP for a type or scheme not in the table, which
 * only makes this key unusable.  Release *ret with key_free().
 */
int key_parse(const char *id, json_t *object, struct key **ret, struct fault *fault);
struct key *key_free(struct key *k); /* always NULL; k may be NULL */
DEFINE_DROP(key, key_free)

const char *key_id(const struct key *k);

/* The same public key under whatever id: it counts once towards a threshold. */
bool key_same(const struct key *a, const struct key *b);

/* Does the signature, in hex, fit the bytes?  What is no hex fits nothing. */
bool key_verify(const struct key *k, const char *data, size_t len, const char *sig_hex);

/* The id of a key object, by which all metadata names it. */
int key_name(json_t *object, char ret[KEY_ID_TEXT], struct fault *fault);
