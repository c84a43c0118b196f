/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Letting a host out of quarantine without a network.  The host shows a challenge; somebody whom
 * the policy's `release` trusts answers with a token for that host and that challenge:
 *
 *	challenge  host (10 bytes), nonce (8)
 *	token      1, host, nonce, seconds (4), length of the reason (1), the reason, number of
 *		   signatures (1), and for each the beginning of its key's id (4), length (2), bytes
 *
 * Numbers are big-endian; both are written by code_seal().  What is signed is the canonical JSON
 * of token_body(), so that keys, schemes and thresholds are those of all other metadata.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "policy/host.h"

#define TOKEN_REASON 100
#define TOKEN_SIGNS  4
#define TOKEN_SIGN   512 /* bytes: RSA of 4096 bits */
#define TOKEN_KEY    4
#define TOKEN_BYTES  1280

struct challenge {
	uint8_t host[HOST_ID];
	uint64_t nonce;
};
#define CHALLENGE_BYTES (HOST_ID + 8)
#define CHALLENGE_TEXT	CODE_TEXT(CHALLENGE_BYTES + CODE_SUM)

struct token {
	struct challenge to;
	uint32_t seconds;
	char reason[TOKEN_REASON]; /* UTF-8, no control characters; may be empty */
	size_t n;
	struct token_sign {
		uint8_t key[TOKEN_KEY]; /* how its id begins */
		size_t len;
		uint8_t sig[TOKEN_SIGN];
	} by[TOKEN_SIGNS];
};
#define TOKEN_TEXT CODE_TEXT(TOKEN_BYTES + CODE_SUM)

/* 0, or -EIO when there is no SHA-256. */
int challenge_write(const struct challenge *c, char ret[CHALLENGE_TEXT]);
/* -EINVAL with the reason. */
int challenge_read(const char *text, struct challenge *ret, struct fault *fault);

/* -EFBIG when it has no room for its signatures. */
int token_write(const struct token *t, char ret[TOKEN_TEXT], struct fault *fault);
/* -EBADMSG with the reason; nothing in it is believed before token_check(). */
int token_read(const char *text, struct token *ret, struct fault *fault);

/* What is signed; NULL without memory. */
json_t *token_body(const struct token *t);

/*
 * Have enough of these keys (KEY objects of TUF) signed?  who becomes the names of those, for
 * people: the beginnings of their ids.  It has no key that did not sign.  -EBADMSG with the reason, -ENOMEM.
 */
#define TOKEN_WHO (TOKEN_SIGNS * (2 * TOKEN_KEY + 5) + 1)
int token_check(const struct token *t, json_t *keys, int64_t threshold, char who[TOKEN_WHO],
		struct fault *fault);
