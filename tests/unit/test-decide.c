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

#define UNJUDGED GRADE_COUNT /* not looked at yet */

struct input {
	enum grade grades[SUBJECTS];
	int64_t step;
	bool release, stale, audit, away, unmanaged;
};

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
#define INVARIANTS (sizeof(invariants) / sizeof(*invariants))

/* What the first that does not hold says, or NULL. */
static const char *broken(const struct view *v)
{
	for (size_t i = 0; i < INVARIANTS; i++)
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

static const char *turn(const struct rules *rules, struct model *m, const struct input *in,
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
	uint64_t words[sizeof(*m) / sizeof(uint64_t)], h = 14695981039346656037u;

	_Static_assert(sizeof(words) == sizeof(*m), "it has a rest");
	memcpy(words, m, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
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

/* Of one kind: 3 grades, 2 grades, 3 steps, and a release, a stale policy or neither. */
#define KIND	  54
#define ENFORCING (2 * KIND) /* here, and then away */
#define AUDITED	  (KIND / 3)
#define INPUTS	  (ENFORCING + AUDITED + 3)

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

static struct input input_of(unsigned n)
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
	print_message("model: %zu states, %zu transitions, %zu invariants\n", models, turns,
		      INVARIANTS);
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

static struct decision decide_anywhere(const struct situation *s, struct history *h)
{
	struct situation here = *s;

	here.here = true;
	return decide(&here, h);
}

static struct decision decide_idly(const struct situation *s, struct history *h)
{
	struct decision d = decide(s, h);

	d.mend &= d.state != STATE_HELD;
	return d;
}

static struct decision decide_alone(const struct situation *s, struct history *h)
{
	const struct policy none = { .mode = MODE_AUDIT };
	struct situation always = *s;

	always.policy = s->policy ? s->policy : &none;
	return decide(&always, h);
}

static struct decision decide_silently(const struct situation *s, struct history *h)
{
	struct decision d = decide(s, h);

	if (d.state == STATE_GRACE && s->policy->mode == MODE_ENFORCE)
		d.state = STATE_QUARANTINED, d.hold = true;
	return d;
}

static struct decision decide_timidly(const struct situation *s, struct history *h)
{
	struct decision d = decide(s, h);

	if (d.state == STATE_QUARANTINED)
		d.state = STATE_HELD;
	return d;
}

/* Another network would end the time for which a host that fails again and again has to be well. */
static struct decision decide_leniently(const struct situation *s, struct history *h)
{
	struct history out = *h;
	struct decision d = decide(s, h);

	out.state = STATE_COMPLIANT;
	return d.state == STATE_QUARANTINED && !s->here ? decide(s, &out) : d;
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
		{ { decide_anywhere, judge }, "free before it is judged here" },
		{ { decide_idly, judge }, "it is not repaired" },
		{ { decide_alone, judge }, "something is demanded without a policy" },
		{ { decide_silently, judge }, "quarantined without a reason" },
		{ { decide_timidly, judge }, "held though it is judged" },
		{ { decide_leniently, judge }, "it flaps" },
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
		struct input in = input_of((unsigned)random() % ENFORCING);
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
	const struct verdict unjudged = { .standing = STANDING_UNJUDGED };
	struct situation s = { .verdicts = &unjudged, .n = 1, .here = true, .now = 100 };
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

static void test_start(void **state)
{
	static const struct policy enforced = { .mode = MODE_ENFORCE },
				   audited = { .mode = MODE_AUDIT };
	static const struct {
		const struct policy *policy;
		enum state was;
		bool laid, released, holds;
	} rows[] = {
		{ &enforced, STATE_COMPLIANT, .holds = false },
		{ &enforced, STATE_GRACE, .holds = false },
		{ &enforced, STATE_UNMANAGED, .holds = false },
		{ &enforced, STATE_COMPLIANT, .laid = true, .holds = true },
		{ &enforced, STATE_UNMANAGED, .laid = true, .holds = true },
		{ &enforced, STATE_QUARANTINED, .holds = true }, /* gone from the kernel */
		{ &enforced, STATE_HELD, .holds = true },
		{ &enforced, STATE_QUARANTINED, .released = true, .holds = false },
		{ &enforced, STATE_RELEASED, .released = true, .holds = false },
		{ &enforced, STATE_RELEASED, .holds = true }, /* its time is over */
		{ &audited, STATE_QUARANTINED, .laid = true, .holds = false },
		{ NULL, STATE_QUARANTINED, .laid = true, .holds = false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct situation s = { .policy = rows[i].policy, .now = 100 };
		struct history h = { .state = rows[i].was, .since = 1 };
		struct decision d;

		s.released = rows[i].released ? 200 : 0;
		d = decide_start(&s, &h, rows[i].laid);
		assert_int_equal(d.state, s.policy ? STATE_HELD : STATE_UNMANAGED);
		assert_int_equal(d.hold, rows[i].holds);
		assert_false(d.mend); /* nothing is known to fail */
	}
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
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_planted_faults_are_found),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
