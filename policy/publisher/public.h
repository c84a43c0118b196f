/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Public keys as people hand them round (PEM) and as TUF metadata lists them. */
#pragma once

#include <jansson.h>

#include "agent/base/err.h"
#include "policy/key.h"

#define PUBLIC_END ".pub"

/*
 * The KEY object (TUF 1.0.34 section 4.2) of a SubjectPublicKeyInfo: P-256, P-384, RSA of
 * 2048 to 8192 bits, Ed25519.  -EINVAL for others.  The caller owns *ret.
 */
int public_read(const char *pem, json_t **ret, char id[KEY_ID_TEXT], struct fault *fault);

/* The same of a file with either half of a key: where only that is sealed, -ENOKEY. */
int public_load(int dir, const char *name, json_t **ret, char id[KEY_ID_TEXT], struct fault *fault);

/* A KEY object as PEM; the caller frees *ret. */
int public_write(json_t *object, char **ret);
