// SPDX-License-Identifier: GPL-2.0-or-later
/* Tokens and challenges as any user of a host may hand them in: as text, and as bytes with a right
 * sum. */
#include <stdlib.h>
#include <string.h>

#include "policy/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What reads is written again as the same bytes. */
static void try(const char *text)
{
	struct challenge c;
	struct token t;
	char again[TOKEN_TEXT];
	uint8_t a[TOKEN_BYTES], b[TOKEN_BYTES];
	int n;

	challenge_read(text, &c, NULL);
	if (token_read(text, &t, NULL) < 0)
		return;
	n = code_open(text, a, sizeof(a));
	if (token_write(&t, again, NULL) < 0 || code_open(again, b, sizeof(b)) != n ||
	    memcmp(a, b, (size_t)n))
		abort();
	json_decref(token_body(&t));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char text[TOKEN_TEXT];

	if (len >= sizeof(text))
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	try(text);
	if (len <= TOKEN_BYTES && code_seal(data, len, text) == 0)
		try(text);
	return 0;
}
