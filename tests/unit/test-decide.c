// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The state machine as a model in which every combination that can be reached
 * is visited and has to keep the invariants.  Machines with a planted fault have to be found out.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/clock.h"
#include "agent/decide.h"
#include "tests/unit/test.h"

#define STEP	 480 /* seconds; the longest dwell, so that one step ends each */
#define SUBJECTS 2

typedef struct decision (*machine)(const struct situation *s, struct history *h);
typedef struct verdict (*judge_fn)(const struct requirement *req, enum grade grade,
				   struct past *past, int64_t now);

struct rules {
	machine decide;
	judge_fn judge;
};

/* All that a decision can depend on, in times before now, as far as they can matter. */
struct model {
	struct history h;
	struct past past[SUBJECTS];
	int64_t released;
};

struct input {
	enum grade grades[SUBJECTS];
	int64_t step;
	bool release, stale, audit;
};

static const struct requirement reqs[SUBJECTS] = { { .grace = 2 * STEP }, { .grace = 0 } };

/* The name of what does not hold, or NULL. */
static const char *broken(const struct situation *s, const struct history *before,
			  const struct decision *d, const struct input *in)
{
	bool pass = true, breached = in->stale, lingers;

	for (size_t i = 0; i < SUBJECTS; i++) {
		pass &= in->grades[i] == GRADE_PASS;
		breached |= in->grades[i] != GRADE_PASS && s->verdicts[i].until <= s->now;
		if (s->verdicts[i].since > s->now)
			return "time runs backwards";
	}
	lingers = before->state == STATE_QUARANTINED && !breached && d->until > s->now &&
		  d->until <= s->now + DWELL_MAX;
	if (d->state == STATE_COMPLIANT && (!pass || in->stale))
		return "compliant with something that is not a pass";
	if (d->state == STATE_QUARANTINED && !breached && !lingers)
		return "quarantined without a reason";
	if (breached && d->state != STATE_QUARANTINED &&
	    !(d->state == STATE_RELEASED && s->released > s->now))
		return "a quarantine that is due is not there";
	if (d->state == STATE_RELEASED && s->released <= s->now)
		return "released without a release";
	if (d->hold != (!in->audit && d->state == STATE_QUARANTINED))
		return "the network is not as the state says";
	if (d->until <= s->now)
		return "a hot loop";
	return NULL;
}

/* Leaving the quarantine again and again within an hour takes longer each time. */
static bool flaps(const struct history *before, const struct decision *d, int64_t now)
{
	unsigned recent = 0;

	for (size_t i = 0; i < RELAPSES; i++)
		recent += before->quarantined[i] && now - before->quarantined[i] < RELAPSE_SPAN;
	return before->state == STATE_QUARANTINED &&
	       (d->state == STATE_COMPLIANT || d->state == STATE_GRACE) && recent > RELAPSES_FREE &&
	       (!before->met || now - before->met < DWELL_MIN);
}

static const char *turn(const struct rules *rules, struct model *m, const struct input *in,
			int64_t now)
{
	const struct policy p = { .mode = in->audit ? MODE_AUDIT : MODE_ENFORCE };
	struct verdict v[SUBJECTS];
	struct situation s = { .policy = &p,
			       .verdicts = v,
			       .n = SUBJECTS,
			       .looked = true,
			       .now = now,
			       .age = in->stale ? AGE_STALE : AGE_FRESH };
	struct history before;
	struct decision d;
	const char *why;

	if (in->release)
		m->released = now + STEP;
	s.released = m->released;
	for (size_t i = 0; i < SUBJECTS; i++)
		v[i] = rules->judge(&reqs[i], in->grades[i], &m->past[i], now);
	before = m->h;
	d = rules->decide(&s, &m->h);
	why = broken(&s, &before, &d, in);
	if (!why && flaps(&before, &d, now))
		why = "it flaps";
	history_move(&m->h, d.state, now);
	return why;
}

#define NOW 1000000000 /* where each turn begins; what counts is the distance to it */

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
	const unsigned char *p = (const void *)m;
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < sizeof(*m); i++)
		h = (h ^ p[i]) * 1099511628211u;
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

static struct input input_of(unsigned n)
{
	static const int64_t steps[] = { 0, STEP, RELAPSE_SPAN };
	struct input in = { .grades = { (enum grade)(n % 3), GRADE_PASS } };

	in.grades[1] = n / 3 % 2 ? GRADE_UNKNOWN : GRADE_PASS;
	in.step = steps[n / 6 % 3];
	in.release = n / 18 % 3 == 1;
	in.stale = n / 18 % 3 == 2;
	in.audit = n / 54;
	return in;
}

#define INPUTS 108

/* The first invariant that breaks, or NULL; how many models and turns there were. */
static const char *explore(const struct rules *rules, size_t *models, size_t *turns)
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
			why = turn(rules, &m, &in, NOW);
			rebase(&m, 0);
			visit(&seen, &m);
		}
	}
	*models = seen.n;
	free(seen.at);
	free(seen.slots);
	return why;
}

static void test_model(void **state)
{
	const struct rules rules = { decide, judge };
	size_t models, turns;
	const char *why = explore(&rules, &models, &turns);

	(void)state;
	print_message("model: %zu states, %zu transitions, 8 invariants\n", models, turns);
	if (why)
		fail_msg("%s", why);
	assert_true(models > 1000);
}

static struct verdict judge_believes(const struct requirement *req, enum grade grade,
				     struct past *past, int64_t now)
{
	return judge(req, grade == GRADE_UNKNOWN ? GRADE_PASS : grade, past, now);
}

static struct decision decide_hastily(const struct situation *s, struct history *h)
{
	struct history fresh = { .state = STATE_COMPLIANT };
	struct decision d = decide(s, &fresh);

	h->met = fresh.met;
	return d;
}

static struct decision decide_for_ever(const struct situation *s, struct history *h)
{
	struct decision d = decide(s, h);

	if (h->state == STATE_RELEASED && d.state == STATE_QUARANTINED)
		d.state = STATE_RELEASED, d.hold = false;
	return d;
}

static struct decision decide_harshly(const struct situation *s, struct history *h)
{
	struct decision d = decide(s, h);

	d.hold = d.state == STATE_QUARANTINED;
	return d;
}

static void test_planted_faults_are_found(void **state)
{
	static const struct {
		struct rules rules;
		const char *why;
	} rows[] = {
		{ { decide, judge_believes }, "compliant with something that is not a pass" },
		{ { decide_hastily, judge }, "it flaps" },
		{ { decide_for_ever, judge }, "a quarantine that is due is not there" },
		{ { decide_harshly, judge }, "the network is not as the state says" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t models, turns;
		const char *why = explore(&rows[i].rules, &models, &turns);

		assert_non_null(why);
		assert_string_equal(why, rows[i].why);
	}
}

/* A long walk with steps of any length, some of them back, as clocks are. */
static void test_walk(void **state)
{
	const struct rules rules = { decide, judge };
	struct model m = { 0 };
	int64_t now = NOW;

	(void)state;
	srandom(1);
	for (int i = 0; i < 200000; i++) {
		struct input in = input_of((unsigned)random() % (INPUTS / 2));
		const char *why;

		now += random() % 20 ? random() % 700 : -(random() % CLOCK_LEAP);
		why = turn(&rules, &m, &in, now);
		if (why)
			fail_msg("turn %d: %s", i, why);
	}
}

static void test_not_judged_yet(void **state)
{
	const struct policy p = { .mode = MODE_ENFORCE };
	struct situation s = { .now = 100 };
	struct history h = { 0 };

	(void)state;
	assert_int_equal(decide(&s, &h).state, STATE_UNMANAGED);
	assert_false(decide(&s, &h).hold || decide(&s, &h).mend);
	s.policy = &p;
	assert_int_equal(decide(&s, &h).state, STATE_HELD);
	assert_true(decide(&s, &h).hold);
	s.released = 200; /* a release is of a verdict, and there is none */
	assert_int_equal(decide(&s, &h).state, STATE_HELD);
}

static void test_clock(void **state)
{
	struct clock c = clock_start(1000, 5000);

	(void)state;
	assert_int_equal(clock_leap(&c, 1100, 105000), 0);
	assert_int_equal(clock_leap(&c, 1129, 105000), 0);
	assert_int_equal(clock_leap(&c, 1130, 105000), 30); /* small steps add up */
	assert_int_equal(clock_leap(&c, 1131, 106000), 0);
	assert_int_equal(clock_leap(&c, 131, 106000), -1000);
	assert_int_equal(clock_leap(&c, 132, 107000), 0);
	assert_int_equal(clock_leap(&c, 86532, 86507000), 0); /* a day asleep is no leap */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_judged_yet),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_planted_faults_are_found),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
