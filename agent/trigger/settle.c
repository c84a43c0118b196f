// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/trigger/settle.h"

void settle_note(struct settle *s, uint64_t now)
{
	if (!s->first)
		s->first = now;
	s->last = now;
}

uint64_t settle_due(const struct settle *s)
{
	uint64_t due = s->last + SETTLE_QUIET;

	if (!s->first)
		return UINT64_MAX;
	if (due > s->first + SETTLE_MOST)
		due = s->first + SETTLE_MOST;
	return s->spent > due + SETTLE_SAVED ? s->spent - SETTLE_SAVED : due;
}

void settle_told(struct settle *s, uint64_t now)
{
	s->first = s->last = 0;
	s->spent = (s->spent > now ? s->spent : now) + SETTLE_CALM;
}
