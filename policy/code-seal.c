// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "policy/code.h"
#include "policy/digest.h"

#define SEALED_MAX 4096

int code_seal(const uint8_t *data, size_t len, char *ret)
{
	uint8_t sealed[SEALED_MAX];

	if (len > sizeof(sealed) - CODE_SUM)
		return -EFBIG;
	memcpy(sealed, data, len);
	if (digest_make_short(data, len, sealed + len, CODE_SUM) < 0)
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
	if (n < 0 || digest_make_short(sealed, (size_t)n, is, CODE_SUM) < 0 ||
	    memcmp(sealed + n, is, CODE_SUM))
		return -EBADMSG;
	memcpy(ret, sealed, (size_t)n);
	return n;
}
