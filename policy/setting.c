// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "policy/provider.h"

static bool is_among(const struct texts *t, const char *value,
		     int (*compare)(const char *a, const char *b))
{
	for (size_t i = 0; i < t->n; i++)
		if (!compare(t->rows[i], value))
			return true;
	return false;
}

/* "Yes" is yes; of a path every letter counts. */
static int compare_good(const char *row, const char *value)
{
	return strchr(row, '/') ? strcmp(row, value) : strcasecmp(row, value);
}

/*
 * "25M" as clamd.conf(5) writes sizes.  Nothing that programs read as different numbers: what
 * begins with a zero is octal to some, and what no int holds wraps in others.
 */
static bool reaches(const char *value, uint64_t least)
{
	char *end;
	unsigned long long n;

	if (!isdigit((unsigned char)*value) || (*value == '0' && isdigit((unsigned char)value[1])))
		return false;
	errno = 0;
	n = strtoull(value, &end, 10);
	if (errno || n > INT32_MAX)
		return false;
	if (*end == 'k' || *end == 'K')
		n <<= 10, end++;
	else if (*end == 'm' || *end == 'M')
		n <<= 20, end++;
	else if (*end == 'g' || *end == 'G')
		n <<= 30, end++;
	return !*end && n >= least;
}

bool setting_allows(const struct provider_setting *s, const char *value)
{
	if (is_among(&s->never, value, strcasecmp))
		return false;
	if (!s->has_only && !s->has_at_least)
		return true;
	return (s->has_only && is_among(&s->only, value, compare_good)) ||
	       (s->has_at_least && reaches(value, s->at_least));
}
