// SPDX-License-Identifier: GPL-2.0-or-later
/* How long a requirement may fail, and what that makes of the host; by table. */

#include "agent/base/count.h"
#include "agent/judge.h"
#include "tests/unit/test.h"

static void test_judge(void **state)
{
	static const struct {
		enum grade grade;
		uint64_t grace;
		int64_t since, now;
		struct verdict want;
	} rows[] = {
		{ GRADE_PASS, 0, 0, 100, { STANDING_MET, 0, 0 } },
		{ GRADE_PASS, 9, 50, 100, { STANDING_MET, 0, 0 } },
		{ GRADE_FAIL, 0, 0, 100, { STANDING_BREACHED, 100, 100 } },
		{ GRADE_UNKNOWN, 0, 0, 100, { STANDING_BREACHED, 100, 100 } },
		{ GRADE_FAIL, 60, 0, 100, { STANDING_GRACE, 100, 160 } },
		{ GRADE_UNKNOWN, 60, 41, 100, { STANDING_GRACE, 41, 101 } },
		{ GRADE_FAIL, 60, 40, 100, { STANDING_BREACHED, 40, 100 } },
		/* Set back by a day: the deadline is a grace from now, not a day and a grace. */
		{ GRADE_FAIL, 60, 86500, 100, { STANDING_GRACE, 100, 160 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct requirement req = { .grace = rows[i].grace };
		struct past past = { .since = rows[i].since };
		struct verdict v = judge(&req, rows[i].grade, &past, rows[i].now);

		assert_int_equal(v.standing, rows[i].want.standing);
		assert_int_equal(v.since, rows[i].want.since);
		assert_int_equal(v.until, rows[i].want.until);
	}
}

/* Well for a moment now and then is no way to a grace without end. */
static void test_a_short_pass_buys_no_grace(void **state)
{
	const struct requirement req = { .grace = 400 };
	struct past past = { 0 };

	(void)state;
	assert_int_equal(judge(&req, GRADE_FAIL, &past, 1000).until, 1400);
	assert_int_equal(judge(&req, GRADE_PASS, &past, 1300).standing, STANDING_MET);
	assert_int_equal(judge(&req, GRADE_PASS, &past, 1399).standing, STANDING_MET);
	assert_int_equal(judge(&req, GRADE_FAIL, &past, 1399).until, 1400);
	assert_int_equal(judge(&req, GRADE_PASS, &past, 1500).standing, STANDING_MET);
	assert_int_equal(judge(&req, GRADE_PASS, &past, 1600).standing, STANDING_MET);
	assert_int_equal(judge(&req, GRADE_FAIL, &past, 1601).until, 2001);
}

/* Every mixture of up to four standings: the host is as well as its worst requirement. */
static void test_judge_host(void **state)
{
	(void)state;
	assert_int_equal(judge_host(NULL, 0), STATE_COMPLIANT);
	for (unsigned mix = 0; mix < 256; mix++) {
		struct verdict v[4];
		unsigned n[STANDING_COUNT] = { 0 };

		_Static_assert(STANDING_COUNT == 4, "the mixtures");
		for (unsigned i = 0, m = mix; i < 4; i++, m /= 4) {
			v[i].standing = (enum standing)(m % 4);
			n[v[i].standing]++;
		}
		assert_int_equal(judge_host(v, 4), n[STANDING_BREACHED]	  ? STATE_QUARANTINED
						   : n[STANDING_UNJUDGED] ? STATE_HELD
						   : n[STANDING_GRACE]	  ? STATE_GRACE
									  : STATE_COMPLIANT);
	}
}

static void test_judge_age(void **state)
{
	static const struct {
		struct stale stale;
		struct accepted accepted;
		int64_t now;
		enum age want;
	} rows[] = {
		{ { 0 }, { 1, 2000, 1000 }, 1749, AGE_FRESH },
		{ { 0 }, { 1, 2000, 1000 }, 1750, AGE_EXPIRING },
		{ { 0 }, { 1, 2000, 1000 }, 1999, AGE_EXPIRING },
		{ { 0 }, { 1, 2000, 1000 }, 2000, AGE_EXPIRED },
		{ { 0 }, { 1, 2000, 1000 }, INT64_MAX - 1, AGE_EXPIRED },
		{ { false, 50 }, { 1, 2000, 1000 }, 9999, AGE_EXPIRED },
		{ { true, 50 }, { 1, 2000, 1000 }, 1999, AGE_EXPIRING },
		{ { true, 50 }, { 1, 2000, 1000 }, 2049, AGE_EXPIRED },
		{ { true, 50 }, { 1, 2000, 1000 }, 2050, AGE_STALE },
		/* Of a year it is the last three days. */
		{ { 0 }, { 1, 365 * 86400, 0 }, 362 * 86400 - 1, AGE_FRESH },
		{ { 0 }, { 1, 365 * 86400, 0 }, 362 * 86400, AGE_EXPIRING },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct policy p = { .stale = rows[i].stale };

		assert_int_equal(judge_age(&p, &rows[i].accepted, rows[i].now), rows[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_a_short_pass_buys_no_grace),
		cmocka_unit_test(test_judge_host),
		cmocka_unit_test(test_judge_age),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
