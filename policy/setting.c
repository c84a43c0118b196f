// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "policy/provider.h"

static bool is_among(const struct texts *t, const char *value)
{
	for (size_t i = 0; i < t->n; i++)
		if (!strcasecmp(t->rows[i], value))
			return true;
	return false;
}

/* "25M" as clamd.conf(5) writes sizes. */
static bool reaches(const char *value, uint64_t least)
{
	char *end;
	unsigned long long n;

	if (!isdigit((unsigned char)*value))
		return false;
	errno = 0;
	n = strtoull(value, &end, 10);
	if (errno || n > UINT64_MAX >> 30)
		return !errno;
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
	if (is_among(&s->never, value))
		return false;
	if (!s->has_only && !s->has_at_least)
		return true;
	return (s->has_only && is_among(&s->only, value)) ||
	       (s->has_at_least && reaches(value, s->at_least));
}
