// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/trigger/settle.h"

const struct settle_pace settle_files = {
	.quiet = SETTLE_QUIET,
	.most = SETTLE_MOST,
	.calm = SETTLE_CALM,
	.saved = SETTLE_SAVED,
};

const struct settle_pace settle_rules = {
	.quiet = 200000,
	.most = 1000000,
	.calm = 1000000,
};

void settle_note(struct settle *s, uint64_t now)
{
	if (!s->first)
		s->first = now;
	s->last = now;
}

uint64_t settle_due(const struct settle *s)
{
	const struct settle_pace *p = s->pace;
	uint64_t due = s->last + p->quiet;

	if (!s->first)
		return UINT64_MAX;
	if (due > s->first + p->most)
		due = s->first + p->most;
	return s->spent > due + p->saved ? s->spent - p->saved : due;
}

void settle_told(struct settle *s, uint64_t now)
{
	s->first = s->last = 0;
	s->spent = (s->spent > now ? s->spent : now) + s->pace->calm;
}
