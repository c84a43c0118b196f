// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/ladder.h"

int ladder_next(const struct ladder *l, const struct requirement *req, int64_t now,
		enum remedy *ret)
{
	/* A clock that was set back by more than the longest pause must not stop repairs. */
	if (now < l->not_before && l->not_before - now <= LADDER_PAUSE_MAX)
		return 0;
	if (l->rung >= req->n_remedies)
		return 0;
	*ret = req->remedies[l->rung];
	return 1;
}

static int64_t pause_after(unsigned rounds)
{
	int64_t pause = LADDER_PAUSE_MIN;

	while (--rounds && pause < LADDER_PAUSE_MAX)
		pause *= 2;
	return pause < LADDER_PAUSE_MAX ? pause : LADDER_PAUSE_MAX;
}

void ladder_climb(struct ladder *l, const struct requirement *req, int64_t now)
{
	l->not_before = 0;
	if (++l->rung < req->n_remedies)
		return;
	l->rung = 0;
	l->rounds++;
	l->not_before = now + pause_after(l->rounds);
}

void ladder_reset(struct ladder *l)
{
	*l = (struct ladder){ 0 };
}
