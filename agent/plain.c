// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>

#include "agent/plain.h"

#define TEXT_MAX 512 /* more than any text of ours */

static bool is_control(const unsigned char *c)
{
	return *c < 0x20 || *c == 0x7f || (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0);
}

json_t *plain_text(const char *s)
{
	char plain[TEXT_MAX], *p = plain;
	json_t *j;

	for (; *s && p < plain + sizeof(plain) - 1; s++) {
		bool bad = is_control((const unsigned char *)s);

		s += bad && (unsigned char)*s == 0xc2; /* of two bytes */
		*p++ = bad ? '?' : *s;
	}
	*p = '\0';
	j = json_string(plain);
	return j ? j : json_string("(not UTF-8)");
}
