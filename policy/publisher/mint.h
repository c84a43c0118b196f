/* SPDX-License-Identifier: GPL-2.0-or-later */
/* New private keys, as PrivateKeyInfo (RFC 5958). */
#pragma once

#include "agent/base/err.h"
#include "policy/publisher/blob.h"

/* What comes before the seed of an Ed25519 key (RFC 8410 section 7). */
#define MINT_ED25519_HEAD 16
#define MINT_SEED	  32
extern const uint8_t mint_ed25519_head[MINT_ED25519_HEAD];

/* "p256", "p384" and, where Ed25519 is built in, "ed25519".  -EINVAL for others, -EIO, -ENOMEM. */
int mint_key(const char *type, struct blob *ret, struct fault *fault);

/* The kernel's random bytes, in the form in which mbedTLS asks for them; 0 or -1. */
int mint_random(void *ctx, unsigned char *out, size_t len);
