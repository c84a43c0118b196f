// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/posture/seen.h"

/* Of several the one that is the first to be too old decides. */
void seen_add(struct seen *s, const char *title, int64_t updated, int64_t valid_until)
{
	size_t n = strlen(s->lists);

	if (!s->n || updated < s->updated)
		s->updated = updated;
	if (!s->n || valid_until < s->valid_until)
		s->valid_until = valid_until;
	snprintf(s->lists + n, sizeof(s->lists) - n, "%s%s", n ? ", " : "", title);
	s->n++;
}

int64_t seen_until(const struct seen *s, uint64_t max_age)
{
	int64_t until = max_age < INT32_MAX ? s->updated + (int64_t)max_age : INT64_MAX;

	return until < s->valid_until ? until : s->valid_until;
}
