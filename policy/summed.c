// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "policy/digest.h"
#include "policy/summed.h"

int summed_seal(char *text, size_t len)
{
	char sum[DIGEST_TEXT];
	int r = digest_make_text(DIGEST_SHA256, text + SUMMED_HEAD, len - SUMMED_HEAD, sum);

	if (r == 0)
		memcpy(text, sum, SUMMED_HEAD);
	return r;
}

bool summed_is_whole(const char *text, size_t len)
{
	char sum[DIGEST_TEXT];

	return len > SUMMED_HEAD &&
	       digest_make_text(DIGEST_SHA256, text + SUMMED_HEAD, len - SUMMED_HEAD, sum) == 0 &&
	       !memcmp(text, sum, SUMMED_HEAD);
}
