/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private keys under a passphrase: EncryptedPrivateKeyInfo (RFC 5958 section 3) with PBES2
 * (RFC 8018 section 6.2), which `openssl pkey` reads and `openssl genpkey -aes256` writes.
 */
#pragma once

#include "agent/base/err.h"
#include "policy/publisher/blob.h"

#define PKCS8_ROUNDS_MAX 10000000 /* some ten seconds: what is more is no key of a person */
#define PKCS8_ROUNDS	 600000	  /* of PBKDF2 with HMAC-SHA256: about half a second */

/* Seals a PrivateKeyInfo by PBKDF2 with HMAC-SHA256 and AES-256-CBC.  -EIO, -ENOMEM. */
int pkcs8_seal(const struct blob *key, const struct blob *phrase, unsigned rounds,
	       struct blob *ret);

/*
 * The PrivateKeyInfo in a sealed one: by AES-CBC of any length and PBKDF2 with HMAC of
 * SHA-1 or SHA-2.  -EKEYREJECTED for another passphrase, -ENOTSUP for another cipher,
 * -EINVAL for what is no sealed key, or has more than max rounds.
 */
int pkcs8_open(const struct blob *sealed, const struct blob *phrase, unsigned max, struct blob *ret,
	       struct fault *fault);
