// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <mbedtls/md.h>
#include <stdio.h>
#include <string.h>

#include "policy/digest.h"

const struct digest_kind digest_kinds[DIGEST_COUNT] = {
	[DIGEST_SHA256] = { "sha256", 32 },
	[DIGEST_SHA512] = { "sha512", 64 },
};

static const mbedtls_md_type_t md_types[DIGEST_COUNT] = {
	[DIGEST_SHA256] = MBEDTLS_MD_SHA256,
	[DIGEST_SHA512] = MBEDTLS_MD_SHA512,
};

int digest_make(enum digest kind, const void *data, size_t len, uint8_t ret[DIGEST_MAX])
{
	const mbedtls_md_info_t *md = mbedtls_md_info_from_type(md_types[kind]);

	return md && mbedtls_md(md, data, len, ret) == 0 ? 0 : -EIO;
}

int digest_make_short(const void *data, size_t len, uint8_t *ret, size_t n)
{
	uint8_t whole[DIGEST_MAX];
	int r = digest_make(DIGEST_SHA256, data, len, whole);

	if (r == 0)
		memcpy(ret, whole, n);
	return r;
}

int digest_make_text(enum digest kind, const void *data, size_t len, char ret[DIGEST_TEXT])
{
	uint8_t raw[DIGEST_MAX];
	int r = digest_make(kind, data, len, raw);

	if (r < 0)
		return r;
	for (size_t i = 0; i < digest_kinds[kind].len; i++)
		sprintf(ret + 2 * i, "%02x", raw[i]);
	return 0;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -EINVAL;
}

int digest_unhex(const char *hex, uint8_t *ret, size_t max)
{
	size_t len = strlen(hex);

	if (len % 2 || len / 2 > max)
		return -EINVAL;
	for (size_t i = 0; i < len / 2; i++) {
		int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return (int)(len / 2);
}
