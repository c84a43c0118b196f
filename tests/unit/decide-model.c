// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "tests/unit/decide-model.h"
#include "tests/unit/test.h"

#define STEP 480 /* seconds; the longest dwell, so that one step ends each */

static const struct requirement reqs[SUBJECTS] = { { .grace = 2 * STEP }, { .grace = 0 } };

/* One turn of the machine, and what can be said of it without one. */
struct view {
	const struct situation *s;
	const struct history *before;
	const struct decision *d;
	const struct input *in;
	bool managed, pass, unjudged, breached, lingers, released;
};

static struct view view_of(const struct situation *s, const struct history *before,
			   const struct decision *d, const struct input *in)
{
	struct view v = { s,
			  before,
			  d,
			  in,
			  .managed = s->policy,
			  .pass = true,
			  .released = s->released > s->now };

	v.breached = in->stale;
	for (size_t i = 0; i < SUBJECTS; i++) {
		v.pass &= in->grades[i] == GRADE_PASS;
		v.unjudged |= in->grades[i] == UNJUDGED;
		v.breached |= in->grades[i] != GRADE_PASS && in->grades[i] != UNJUDGED &&
			      s->verdicts[i].until <= s->now;
	}
	v.breached &= v.managed;
	v.lingers = before->state == STATE_QUARANTINED && v.managed && !v.breached && !v.unjudged;
	return v;
}

static bool is_free(enum state state)
{
	return state == STATE_COMPLIANT || state == STATE_GRACE;
}

static bool goes_forward(const struct view *v)
{
	for (size_t i = 0; i < SUBJECTS; i++)
		if (v->s->verdicts[i].since > v->s->now)
			return false;
	return true;
}

static bool demands_by_policy(const struct view *v)
{
	return v->managed == (v->d->state != STATE_UNMANAGED);
}

static bool passes_all(const struct view *v)
{
	return v->d->state != STATE_COMPLIANT || (v->pass && !v->in->stale);
}

static bool is_judged_here(const struct view *v)
{
	return !is_free(v->d->state) || (!v->unjudged && !v->in->away);
}

/* What status can show: what is breached, or until when it lingers. */
static bool has_reason(const struct view *v)
{
	return v->d->state != STATE_QUARANTINED || v->breached ||
	       (v->lingers && v->d->until > v->s->now && v->d->until <= v->s->now + DWELL_MAX);
}

static bool waits_for_judgement(const struct view *v)
{
	return v->d->state != STATE_HELD || (!v->breached && (v->unjudged || v->in->away));
}

static bool comes_in_time(const struct view *v)
{
	return !v->breached || v->d->state == STATE_QUARANTINED ||
	       (v->d->state == STATE_RELEASED && v->released);
}

static bool is_let_out(const struct view *v)
{
	return v->d->state != STATE_RELEASED || v->released;
}

static bool fits_network(const struct view *v)
{
	return v->d->hold == (v->managed && !v->in->audit &&
			      (v->d->state == STATE_QUARANTINED || v->d->state == STATE_HELD));
}

static bool can_be_repaired(const struct view *v)
{
	return v->d->mend == (v->managed && !v->in->audit);
}

static bool rests(const struct view *v)
{
	return v->d->until > v->s->now;
}

/* Leaving the quarantine again and again within an hour takes longer each time. */
static bool is_steady(const struct view *v)
{
	const struct history *before = v->before;
	int64_t now = v->s->now;
	unsigned recent = 0;

	for (size_t i = 0; i < RELAPSES; i++)
		recent += before->quarantined[i] && now - before->quarantined[i] < RELAPSE_SPAN;
	return before->state != STATE_QUARANTINED || v->unjudged ||
	       (!is_free(v->d->state) && v->d->state != STATE_HELD) || recent <= RELAPSES_FREE ||
	       (before->met && now - before->met >= DWELL_MIN);
}

static const struct invariant {
	bool (*holds)(const struct view *v);
	const char *otherwise;
} invariants[] = {
	{ goes_forward, "time runs backwards" },
	{ demands_by_policy, "something is demanded without a policy" },
	{ passes_all, "compliant with something that is not a pass" },
	{ is_judged_here, "free before it is judged here" },
	{ has_reason, "quarantined without a reason" },
	{ waits_for_judgement, "held though it is judged" },
	{ comes_in_time, "a quarantine that is due is not there" },
	{ is_let_out, "released without a release" },
	{ fits_network, "the network is not as the state says" },
	{ can_be_repaired, "it is not repaired" },
	{ rests, "a hot loop" },
	{ is_steady, "it flaps" },
};

const size_t model_invariants = COUNT(invariants);

/* What the first that does not hold says, or NULL. */
static const char *broken(const struct view *v)
{
	for (size_t i = 0; i < model_invariants; i++)
		if (!invariants[i].holds(v))
			return invariants[i].otherwise;
	return NULL;
}

static struct verdict judged(const struct rules *rules, const struct requirement *req,
			     enum grade grade, struct past *past, int64_t now)
{
	return grade == UNJUDGED ? (struct verdict){ .standing = STANDING_UNJUDGED }
				 : rules->judge(req, grade, past, now);
}

const char *model_turn(const struct rules *rules, struct model *m, const struct input *in,
		       int64_t now)
{
	const struct policy p = { .mode = in->audit ? MODE_AUDIT : MODE_ENFORCE };
	struct verdict v[SUBJECTS];
	struct situation s = { .policy = in->unmanaged ? NULL : &p,
			       .verdicts = v,
			       .n = SUBJECTS,
			       .here = !in->away,
			       .now = now,
			       .age = in->stale ? AGE_STALE : AGE_FRESH };
	struct history before;
	struct decision d;
	struct view view;

	if (in->release)
		m->released = now + STEP;
	s.released = m->released;
	for (size_t i = 0; i < SUBJECTS; i++)
		v[i] = judged(rules, &reqs[i], in->grades[i], &m->past[i], now);
	before = m->h;
	d = rules->decide(&s, &m->h);
	view = view_of(&s, &before, &d, in);
	history_move(&m->h, d.state, now);
	return broken(&view);
}

static void clip(int64_t *at, int64_t back, int64_t far)
{
	if (*at)
		*at -= back;
	if (*at && NOW - *at > far)
		*at = NOW - far;
}

/* Makes two models that cannot be told apart the same. */
static void rebase(struct model *m, int64_t back)
{
	for (size_t i = 0; i < SUBJECTS; i++) {
		clip(&m->past[i].since, back, (int64_t)reqs[i].grace + 1);
		clip(&m->past[i].met, back, STEP);
	}
	for (size_t i = 0; i < RELAPSES; i++) {
		clip(&m->h.quarantined[i], back, RELAPSE_SPAN);
		if (m->h.quarantined[i] && NOW - m->h.quarantined[i] >= RELAPSE_SPAN)
			m->h.quarantined[i] = 0;
	}
	clip(&m->h.met, back, DWELL_MAX);
	m->h.since = 0;
	m->released -= m->released ? back : 0;
	if (m->released <= NOW)
		m->released = 0;
}

/* A set of models that is its own list of those to visit. */
struct seen {
	struct model *at;
	uint32_t *slots; /* index plus one */
	size_t n, room;
};

static uint64_t hash(const struct model *m)
{
	uint64_t words[sizeof(*m) / sizeof(uint64_t)], h = 14695981039346656037u;

	_Static_assert(sizeof(words) == sizeof(*m), "it has a rest");
	memcpy(words, m, sizeof(words));
	for (size_t i = 0; i < COUNT(words); i++)
		h = (h ^ words[i] ^ h >> 29) * 1099511628211u;
	return h ^ h >> 29;
}

static void visit(struct seen *seen, const struct model *m)
{
	size_t i = hash(m) & (seen->room - 1);

	for (; seen->slots[i]; i = (i + 1) & (seen->room - 1))
		if (!memcmp(&seen->at[seen->slots[i] - 1], m, sizeof(*m)))
			return;
	assert_true(seen->n < seen->room / 2);
	seen->at[seen->n++] = *m;
	seen->slots[i] = (uint32_t)seen->n;
}

#define AUDITED (KIND / 3)
#define INPUTS	(ENFORCING + AUDITED + 3)

static const int64_t steps[] = { 0, STEP, RELAPSE_SPAN };

/* What is not judged, or by nobody; after a time in which relapses are forgotten. */
static struct input unjudged_input(unsigned n)
{
	return (struct input){
		.grades = { n == 0 ? GRADE_PASS : UNJUDGED, n == 1 ? GRADE_PASS : GRADE_FAIL },
		.step = RELAPSE_SPAN,
		.unmanaged = n == 0,
	};
}

struct input input_of(unsigned n)
{
	struct input in = { .grades = { (enum grade)(n % 3), GRADE_PASS } };

	if (n >= ENFORCING + AUDITED)
		return unjudged_input(n - ENFORCING - AUDITED);
	in.grades[1] = n / 3 % 2 ? GRADE_UNKNOWN : GRADE_PASS;
	in.release = n / 6 % 3 == 1;
	in.stale = n / 6 % 3 == 2;
	in.audit = n >= ENFORCING;
	in.step = in.audit ? STEP : steps[n / 18 % 3];
	in.away = n / KIND == 1;
	return in;
}

const char *model_explore(const struct rules *rules, size_t *models, size_t *turns)
{
	struct seen seen = { .room = 1u << 21 };
	const char *why = NULL;
	struct model m = { 0 };

	seen.at = malloc(seen.room / 2 * sizeof(*seen.at));
	seen.slots = calloc(seen.room, sizeof(*seen.slots));
	assert_true(seen.at && seen.slots);
	*turns = 0;
	visit(&seen, &m);
	for (size_t i = 0; i < seen.n && !why; i++) {
		for (unsigned n = 0; n < INPUTS && !why; n++, ++*turns) {
			struct input in = input_of(n);

			m = seen.at[i];
			rebase(&m, in.step);
			why = model_turn(rules, &m, &in, NOW);
			rebase(&m, 0);
			visit(&seen, &m);
		}
	}
	*models = seen.n;
	free(seen.at);
	free(seen.slots);
	return why;
}
