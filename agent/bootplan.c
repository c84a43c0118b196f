// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/bootplan.h"

/* Before that nothing may restart the host. */
static int64_t earliest(const struct reboot_terms *t)
{
	int64_t at = t->now;

	if (t->released > at)
		at = t->released;
	if (t->retry > at && t->retry - t->now < REBOOT_SPACING)
		at = t->retry;
	/* A clock that was set back must not put it off for ever. */
	if (t->last && t->last <= t->now && t->last + REBOOT_SPACING > at)
		at = t->last + REBOOT_SPACING;
	return at;
}

static int64_t in_window(const struct reboot_terms *t, int64_t after)
{
	int64_t from, to;

	if (!window_next(t->rule->windows, t->rule->n_windows, after, &from, &to))
		return INT64_MAX;
	if (from > after)
		return from;
	return t->users && !t->rule->despite_users ? after + REBOOT_PATIENCE : after;
}

static int64_t by_force(const struct reboot_terms *t, int64_t after)
{
	int64_t at = t->until;

	if (!t->rule->force || at == INT64_MAX)
		return INT64_MAX;
	at -= (int64_t)t->rule->notice;
	return at > after ? at : after;
}

struct reboot_plan reboot_plan(const struct reboot_terms *t)
{
	struct reboot_plan p = { .stage = REBOOT_NONE, .at = INT64_MAX };
	int64_t after = earliest(t), force;

	if (!t->waiting)
		return p;
	p.stage = t->open ? REBOOT_ASKED : t->stuck ? REBOOT_STUCK : REBOOT_VAIN;
	if (!t->open || !t->enforce || !t->rule->given)
		return p;
	p.at = in_window(t, after);
	force = by_force(t, after);
	p.forced = force < p.at;
	if (p.forced)
		p.at = force;
	if (p.at <= t->now && t->sure && !t->busy)
		p.stage = REBOOT_NOW;
	return p;
}

bool reboot_plan_stands(const struct reboot_plan *p, const struct reboot_terms *t)
{
	return p->at <= t->now;
}
