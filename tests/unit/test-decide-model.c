// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * No turn of the state machine breaks an invariant, by each way to each state and by a long walk;
 * machines with a planted fault are found out.
 */
#include <stdlib.h>

#include "agent/base/count.h"
#include "agent/clock.h"
#include "tests/unit/decide-model.h"
#include "tests/unit/test.h"

static void test_model(void **state)
{
	const struct rules rules = { decide, judge };
	size_t models, turns;
	const char *why = model_explore(&rules, &models, &turns);

	(void)state;
	print_message("model: %zu states, %zu transitions, %zu invariants\n", models, turns,
		      model_invariants);
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
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t models, turns;
		const char *why = model_explore(&rows[i].rules, &models, &turns);

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
		why = model_turn(&rules, &m, &in, now);
		if (why)
			fail_msg("turn %d: %s", i, why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_planted_faults_are_found),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests_name("decide-model", tests, NULL, NULL);
}
