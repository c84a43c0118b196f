// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>

#include "agent/base/web.h"
#include "agent/plain.h"

#define TEXT_MAX WEB_TEXT_MAX /* the longest of ours: where a portal wants a login */

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
	if (j)
		return j;
	/* Not UTF-8: what can be read of it is still worth telling. */
	for (p = plain; *p; p++)
		*p = (unsigned char)*p < 0x80 ? *p : '?';
	return json_string(plain);
}

char *plain_answer(json_t *all)
{
	char *ret = all ? json_dumps(all, JSON_COMPACT) : NULL;

	json_decref(all);
	return ret;
}

char *plain_refusal(const char *why)
{
	return plain_answer(json_pack("{s:o}", "error", plain_text(why)));
}
