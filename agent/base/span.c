// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/base/span.h"

static const struct {
	const char *name;
	uint64_t seconds;
} units[] = {
	{ "w", 7 * 86400 }, { "d", 86400 }, { "h", 3600 }, { "min", 60 },
	{ "s", 1 },	    { "m", 60 },    { "", 1 },
};

static int unit_find(const char *name, size_t len, uint64_t *seconds)
{
	for (size_t i = 0; i < COUNT(units); i++)
		if (strlen(units[i].name) == len && !strncmp(units[i].name, name, len)) {
			*seconds = units[i].seconds;
			return 0;
		}
	return -EINVAL;
}

int span_parse(const char *text, uint64_t *seconds)
{
	uint64_t sum = 0;
	const char *p = text;

	do {
		uint64_t n = 0, unit;
		const char *name;

		if (*p < '0' || *p > '9')
			return -EINVAL;
		for (; *p >= '0' && *p <= '9'; p++) {
			n = n * 10 + (uint64_t)(*p - '0');
			if (n > SPAN_MAX)
				return -ERANGE;
		}
		name = p;
		p += strcspn(p, "0123456789 ");
		if (unit_find(name, (size_t)(p - name), &unit) < 0)
			return -EINVAL;
		sum += n * unit;
		if (sum > SPAN_MAX)
			return -ERANGE;
		p += strspn(p, " ");
	} while (*p);
	*seconds = sum;
	return 0;
}

const char *span_text(uint64_t seconds, char out[SPAN_TEXT])
{
	size_t n = 0;
	int parts = 0;

	out[0] = '\0';
	for (size_t i = 0; i < 5 && parts < 2; i++) {
		uint64_t count = seconds / units[i].seconds;

		if (!count && (i < 4 || parts))
			continue;
		n += (size_t)snprintf(out + n, SPAN_TEXT - n, "%s%llu %s", parts ? " " : "",
				      (unsigned long long)count, units[i].name);
		seconds %= units[i].seconds;
		parts++;
	}
	return out;
}
