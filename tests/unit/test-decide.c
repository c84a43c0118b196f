// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the state machine begins: nothing is judged yet, lazaretd started anew, the clock leapt. */
#include "agent/base/count.h"
#include "agent/clock.h"
#include "agent/decide.h"
#include "tests/unit/test.h"

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
	for (size_t i = 0; i < COUNT(rows); i++) {
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
	};

	return cmocka_run_group_tests_name("decide", tests, NULL, NULL);
}
