// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "agent/decide.h"

/* How long it has to be well before it is let out of the quarantine that it is in. */
static int64_t dwell(const struct history *h, int64_t now)
{
	int64_t wait = DWELL_MIN;
	unsigned recent = 0;

	for (unsigned i = 0; i < RELAPSES; i++)
		recent += h->quarantined[i] && now - h->quarantined[i] < RELAPSE_SPAN;
	if (recent <= RELAPSES_FREE)
		return 0;
	while (--recent > RELAPSES_FREE && wait < DWELL_MAX)
		wait *= 2;
	return wait;
}

static enum state demanded(const struct situation *s)
{
	if (!s->policy)
		return STATE_UNMANAGED;
	if (s->age == AGE_STALE)
		return STATE_QUARANTINED;
	return judge_host(s->verdicts, s->n);
}

static bool is_free(enum state state)
{
	return state == STATE_COMPLIANT || state == STATE_GRACE;
}

static void earlier(int64_t *until, int64_t at)
{
	if (at < *until)
		*until = at;
}

/* Keeps a host that has just become well where it is, for as long as it is not to be believed. */
static enum state linger(const struct situation *s, const struct history *h, enum state state,
			 int64_t *until)
{
	int64_t out = h->met + dwell(h, s->now);

	if (h->state != STATE_QUARANTINED || !is_free(state) || s->now >= out)
		return state;
	earlier(until, out);
	return STATE_QUARANTINED;
}

static int64_t next_deadline(const struct situation *s)
{
	int64_t until = INT64_MAX;

	for (size_t i = 0; i < s->n; i++)
		if (s->verdicts[i].standing == STANDING_GRACE)
			earlier(&until, s->verdicts[i].until);
	if (s->released > s->now)
		earlier(&until, s->released);
	return until;
}

struct decision decide(const struct situation *s, struct history *h)
{
	struct decision d = { .until = next_deadline(s) };
	enum state state = demanded(s);

	if (state == STATE_QUARANTINED || state == STATE_HELD)
		h->met = 0;
	else if (!h->met || h->met > s->now)
		h->met = s->now;
	state = linger(s, h, state, &d.until);
	if (is_free(state) && !s->here)
		state = STATE_HELD;
	if (state == STATE_QUARANTINED && s->released > s->now)
		state = STATE_RELEASED;
	d.state = state;
	d.mend = s->policy && s->policy->mode == MODE_ENFORCE;
	d.hold = d.mend && (state == STATE_HELD || state == STATE_QUARANTINED);
	return d;
}

struct decision decide_start(const struct situation *s, const struct history *h, bool laid)
{
	const bool was_kept = h->state == STATE_HELD || h->state == STATE_QUARANTINED ||
			      h->state == STATE_RELEASED;

	return (struct decision){
		.state = s->policy ? STATE_HELD : STATE_UNMANAGED,
		.hold = s->policy && s->policy->mode == MODE_ENFORCE &&
			(laid || (was_kept && s->released <= s->now)),
		.until = INT64_MAX,
	};
}

void history_move(struct history *h, enum state state, int64_t now)
{
	if (state == h->state)
		return;
	if (state == STATE_QUARANTINED) {
		memmove(h->quarantined + 1, h->quarantined,
			sizeof(h->quarantined) - sizeof(*h->quarantined));
		h->quarantined[0] = now;
	}
	h->state = state;
	h->since = now;
}
