// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/code.h"

static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void code_write(const uint8_t *data, size_t len, char *ret)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t n = 0;

	for (size_t i = 0; i < len || held; i++) {
		bits = bits << 8 | (i < len ? data[i] : 0);
		held += 8;
		for (; held >= 5 && n < CODE_LETTERS(len); n++) {
			if (n && n % 4 == 0)
				*ret++ = '-';
			held -= 5;
			*ret++ = letters[bits >> held & 31];
		}
		if (i >= len)
			break;
	}
	*ret = '\0';
}

static int value_of(char letter)
{
	static const char twins[][2] = { { 'O', '0' }, { 'I', '1' }, { 'L', '1' } };
	char c = (char)toupper((unsigned char)letter);
	const char *at;

	for (size_t i = 0; i < COUNT(twins); i++)
		c = c == twins[i][0] ? twins[i][1] : c;
	at = c ? strchr(letters, c) : NULL;
	return at ? (int)(at - letters) : -EINVAL;
}

int code_read(const char *text, uint8_t *ret, size_t max)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t n = 0, read = 0;

	for (; *text; text++) {
		int v;

		if (strchr(" -\t\r\n", *text))
			continue;
		v = value_of(*text);
		if (v < 0)
			return v;
		read++;
		bits = bits << 5 | (uint32_t)v;
		held += 5;
		if (held < 8)
			continue;
		if (n == max)
			return -EFBIG;
		held -= 8;
		ret[n++] = (uint8_t)(bits >> held);
	}
	/* One text for one row of bytes: no letter too many, and what is left over is zero. */
	return read == CODE_LETTERS(n) && !(bits & ((1u << held) - 1)) ? (int)n : -EINVAL;
}
