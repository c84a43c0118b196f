// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "policy/code.h"
#include "policy/digest.h"

#define SEALED_MAX 4096

static int sum(const uint8_t *data, size_t len, uint8_t ret[CODE_SUM])
{
	uint8_t hash[DIGEST_MAX];
	int r = digest_make(DIGEST_SHA256, data, len, hash);

	if (r == 0)
		memcpy(ret, hash, CODE_SUM);
	return r;
}

int code_seal(const uint8_t *data, size_t len, char *ret)
{
	uint8_t sealed[SEALED_MAX];

	if (len > sizeof(sealed) - CODE_SUM)
		return -EFBIG;
	memcpy(sealed, data, len);
	if (sum(data, len, sealed + len) < 0)
		return -EIO;
	code_write(sealed, len + CODE_SUM, ret);
	return 0;
}

int code_open(const char *text, uint8_t *ret, size_t max)
{
	uint8_t sealed[SEALED_MAX], is[CODE_SUM];
	int n = max > sizeof(sealed) - CODE_SUM ? -EFBIG : code_read(text, sealed, max + CODE_SUM);

	if (n < 0)
		return n;
	n -= CODE_SUM;
	if (n < 0 || sum(sealed, (size_t)n, is) < 0 || memcmp(sealed + n, is, CODE_SUM))
		return -EBADMSG;
	memcpy(ret, sealed, (size_t)n);
	return n;
}
