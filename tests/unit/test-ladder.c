// SPDX-License-Identifier: GPL-2.0-or-later
/* The ladder, by cases. */
#include <errno.h>

#include "agent/base/count.h"
#include "agent/ladder.h"
#include "tests/unit/ladders.h"
#include "tests/unit/test.h"

static bool is_next(const struct ladder *l, const struct requirement *req, int64_t now,
		    enum remedy want)
{
	enum remedy next = REMEDY_COUNT;

	return ladder_next(l, req, now, &next) == 1 && next == want;
}

static bool is_idle(const struct ladder *l, const struct requirement *req, int64_t now)
{
	enum remedy next;

	return ladder_next(l, req, now, &next) == 0;
}

static unsigned try(struct ladder *l, const struct requirement *req, enum remedy remedy, int err,
		    bool helps, int64_t now)
{
	assert_true(is_next(l, req, now, remedy));
	ladder_begin(l, req, remedy, now, 0);
	ladder_end(l, req, remedy, err, now, 0);
	return look(l, req, helps, now, 0);
}

static void test_each_once(void **state)
{
	struct ladder l = start(&two);
	int64_t now = NOW, pause = LADDER_PAUSE_MIN;

	(void)state;
	assert_true(is_idle(&l, &two, now));
	assert_int_equal(ladder_due(&l, &two), INT64_MAX);
	look(&l, &two, false, now, 0);
	for (int round = 0; round < 12; round++) {
		try(&l, &two, REMEDY_ANTIVIRUS_START, -EIO, false, now);
		try(&l, &two, REMEDY_ANTIVIRUS_ENABLE, -EIO, false, now);
		assert_true(is_idle(&l, &two, now + pause - 1));
		assert_int_equal(ladder_due(&l, &two), now + pause);
		now += pause;
		pause = pause * 2 < LADDER_PAUSE_MAX ? pause * 2 : LADDER_PAUSE_MAX;
	}
	/* It helps at last; the next fault begins at the bottom and at once. */
	try(&l, &two, REMEDY_ANTIVIRUS_START, -EIO, false, now);
	try(&l, &two, REMEDY_ANTIVIRUS_ENABLE, 0, true, now);
	assert_true(is_idle(&l, &two, now));
	look(&l, &two, false, now + 1, 0);
	assert_true(is_next(&l, &two, now + 1, REMEDY_ANTIVIRUS_START));
}

static void test_jitter(void **state)
{
	struct ladder l = start(&one);

	(void)state;
	look(&l, &one, false, NOW, 0);
	ladder_begin(&l, &one, REMEDY_FIREWALL_ENABLE, NOW, 7);
	ladder_end(&l, &one, REMEDY_FIREWALL_ENABLE, -EIO, NOW, 7);
	assert_int_equal(ladder_due(&l, &one), NOW + LADDER_PAUSE_MIN + 7);
	ladder_end(&l, &one, REMEDY_FIREWALL_ENABLE, -EIO, NOW, UINT32_MAX);
	assert_in_range(ladder_due(&l, &one), NOW + LADDER_PAUSE_MIN,
			NOW + LADDER_PAUSE_MIN * 5 / 4);
}

static void test_breaker(void **state)
{
	struct ladder l = start(&two);
	int64_t now = NOW;

	(void)state;
	look(&l, &two, false, now, 0);
	for (int round = 1; round <= BREAKER_VAIN; round++) {
		unsigned news = try(&l, &two, REMEDY_ANTIVIRUS_START, 0, false, now);

		assert_int_equal(!!(news & LADDER_BROKE), round == BREAKER_VAIN);
		try(&l, &two, REMEDY_ANTIVIRUS_ENABLE, -EIO, false, now);
		now = ladder_due(&l, &two);
	}
	/* The other one goes on alone, until the first has rested. */
	for (int round = 0; now < l.breakers[0].until; round++) {
		assert_true(round < 10);
		try(&l, &two, REMEDY_ANTIVIRUS_ENABLE, -EIO, false, now);
		now = ladder_due(&l, &two);
	}
	assert_int_not_equal(try(&l, &two, REMEDY_ANTIVIRUS_START, 0, false, now) & LADDER_BROKE,
			     0);
	assert_int_equal(l.breakers[0].until, now + 2 * BREAKER_PAUSE_MIN);
	/* A look that passes gives it a new chance. */
	look(&l, &two, true, now, 0);
	look(&l, &two, false, now + 2 * TUG_SPAN, 0);
	assert_true(is_next(&l, &two, now + 2 * TUG_SPAN, REMEDY_ANTIVIRUS_START));
}

static void test_failing_is_no_vain_success(void **state)
{
	struct ladder l = start(&one);
	int64_t now = NOW;

	(void)state;
	look(&l, &one, false, now, 0);
	for (int i = 0; i < 4 * BREAKER_VAIN; i++) {
		/* Done, done, failed: never three in a row. */
		unsigned news = try(&l, &one, REMEDY_FIREWALL_ENABLE, i % 3 == 2 ? -EIO : 0, false,
				    now);

		assert_int_equal(news & LADDER_BROKE, 0);
		now = ladder_due(&l, &one);
	}
}

static void test_tug_of_war(void **state)
{
	struct ladder l = start(&one);
	int64_t now = NOW, before = 0;

	(void)state;
	look(&l, &one, false, now, 0);
	for (int i = 1; i <= TUG_KEPT + 20; i++) {
		unsigned news;
		int64_t due;

		try(&l, &one, REMEDY_FIREWALL_ENABLE, 0, true, now);
		now++;
		news = look(&l, &one, false, now, 0); /* switched off again at once */
		assert_int_equal(!!(news & LADDER_TUGGED), !!ladder_tug(&l, now));
		due = ladder_due(&l, &one);
		if (i <= TUG_FREE)
			assert_true(is_next(&l, &one, now, REMEDY_FIREWALL_ENABLE));
		else if (i <= TUG_KEPT)
			assert_true(due - now > before);
		assert_true(due - now <= TUG_PAUSE_MAX);
		before = due > now ? due - now : 0;
		now = due > now ? due : now;
	}
	assert_true(ladder_tug_until(&l, now) > now);
	try(&l, &one, REMEDY_FIREWALL_ENABLE, 0, true, now);
	now = ladder_tug_until(&l, now);
	assert_int_equal(ladder_tug(&l, now), 0);
	assert_int_equal(ladder_tug_until(&l, now), 0);
}

static void test_others_mend_it(void **state)
{
	struct ladder l = start(&one);

	(void)state;
	/* It comes and goes by itself: nobody undoes what nobody did. */
	for (int i = 0; i < 3 * TUG_FREE; i++) {
		assert_int_equal(look(&l, &one, false, NOW + i, 0) & LADDER_TUGGED, 0);
		look(&l, &one, true, NOW + i, 0);
	}
	assert_int_equal(ladder_tug(&l, NOW + 3 * TUG_FREE), 0);
}

static void test_killed_in_between(void **state)
{
	struct ladder l = start(&two);

	(void)state;
	look(&l, &two, false, NOW, 0);
	ladder_begin(&l, &two, REMEDY_ANTIVIRUS_START, NOW, 0);
	assert_true(is_idle(&l, &two, NOW + LADDER_CRASH_WAIT - 1));
	assert_true(is_next(&l, &two, NOW + LADDER_CRASH_WAIT, REMEDY_ANTIVIRUS_ENABLE));
	ladder_begin(&l, &two, REMEDY_ANTIVIRUS_ENABLE, NOW + LADDER_CRASH_WAIT, 0);
	assert_true(is_next(&l, &two, NOW + 2 * LADDER_CRASH_WAIT, REMEDY_ANTIVIRUS_START));
}

static void test_other_remedies(void **state)
{
	struct ladder l = start(&two), same;

	(void)state;
	look(&l, &two, false, NOW, 0);
	ladder_begin(&l, &two, REMEDY_ANTIVIRUS_START, NOW, 0);
	same = l;
	ladder_fit(&l, &two);
	assert_memory_equal(&l, &same, sizeof(l));
	ladder_fit(&l, &one);
	assert_int_equal(l.tried, 0);
	assert_int_equal(l.not_before, 0);
}

static void test_clock_set_back(void **state)
{
	struct ladder l = start(&one);

	(void)state;
	look(&l, &one, false, NOW, 0);
	try(&l, &one, REMEDY_FIREWALL_ENABLE, -EIO, false, NOW);
	assert_true(is_next(&l, &one, NOW - 365 * 86400, REMEDY_FIREWALL_ENABLE));
	ladder_leap(&l, leap_of_all(5000));
	assert_int_equal(ladder_due(&l, &one), NOW + LADDER_PAUSE_MIN + 5000);
}

/* Brings it to the pause after both have failed: until when that is. */
static int64_t starve(struct ladder *l)
{
	*l = start(&far);
	look(l, &far, false, NOW, 0);
	try(l, &far, REMEDY_ANTIVIRUS_START, -EIO, false, NOW);
	try(l, &far, REMEDY_ANTIVIRUS_REINSTALL, -EIO, false, NOW);
	return ladder_due(l, &far);
}

static void test_a_way_out_again(void **state)
{
	struct ladder l;
	int64_t due = starve(&l);

	(void)state;
	assert_int_equal(due, NOW + LADDER_PAUSE_MIN);
	assert_false(ladder_hurry(&l, due)); /* no later than without */
	restart(&l);
	assert_true(ladder_hurry(&l, NOW + 3));
	assert_false(ladder_hurry(&l, NOW + 1)); /* once for each failure */
	assert_true(is_idle(&l, &far, NOW + 2));
	try(&l, &far, REMEDY_ANTIVIRUS_START, -EIO, false, NOW + 3);
	try(&l, &far, REMEDY_ANTIVIRUS_REINSTALL, -EIO, false, NOW + 3);
	/* The pauses go on from where they were. */
	assert_int_equal(ladder_due(&l, &far), NOW + 3 + 2 * LADDER_PAUSE_MIN);
	assert_true(ladder_hurry(&l, NOW + 40));
	look(&l, &far, true, NOW + 40, 0);
	assert_false(ladder_hurry(&l, NOW + 41));
}

static void test_no_way_past_the_other_pauses(void **state)
{
	struct ladder l = start(&two);
	int64_t now = NOW;

	(void)state;
	look(&l, &two, false, now, 0);
	try(&l, &two, REMEDY_ANTIVIRUS_START, -EIO, false, now);
	try(&l, &two, REMEDY_ANTIVIRUS_ENABLE, -EIO, false, now);
	assert_false(ladder_hurry(&l, now + 3)); /* these need no network */

	starve(&l); /* a crash */
	now = ladder_due(&l, &far);
	ladder_begin(&l, &far, REMEDY_ANTIVIRUS_START, now, 0);
	assert_false(ladder_hurry(&l, now + 3));
	restart(&l);
	assert_false(ladder_hurry(&l, now + 3));
	assert_int_equal(ladder_due(&l, &far), now + LADDER_CRASH_WAIT);

	starve(&l); /* a tug-of-war */
	for (int i = 0; i <= TUG_FREE; i++)
		l.back[i] = NOW - i;
	assert_false(ladder_hurry(&l, NOW + 3));

	starve(&l); /* a breaker */
	l.breakers[0].until = l.breakers[1].until = NOW + BREAKER_PAUSE_MIN;
	ladder_hurry(&l, NOW + 3);
	assert_true(is_idle(&l, &far, NOW + BREAKER_PAUSE_MIN - 1));
}

static void round_trip(const struct ladder *l)
{
	char text[LADDER_TEXT], again[LADDER_TEXT];
	struct ladder copy;

	ladder_put(l, text);
	assert_int_equal(ladder_get(text, &copy), 0);
	ladder_put(&copy, again);
	assert_string_equal(text, again);
	assert_int_equal(copy.failing, l->failing);
	assert_int_equal(copy.starved, l->starved);
	assert_int_equal(copy.not_before, l->not_before);
	for (size_t i = 0; i < REQUIREMENT_REMEDIES; i++) {
		assert_int_equal(copy.breakers[i].vain, l->breakers[i].vain);
		assert_int_equal(copy.breakers[i].until, l->breakers[i].until);
	}
}

static void test_text(void **state)
{
	static const char *const wrong[] = {
		"",
		"now",
		"00000000 met 9 0 0 0 0 0 back 0",
		"00000000 met 0 99 0 0 0 0 back 0",
		"00000000 met 0 0 0 -1 0 0 back 0",
		"00000000 met 0 0 0 0 0 0 back 0 b8 1 0",
		"00000000 met 0 0 0 0 0 0 back 0 b1 1 0 and more",
	};
	struct ladder l = { .of = UINT32_MAX,
			    .failing = true,
			    .starved = true,
			    .rung = 7,
			    .rounds = 32,
			    .tried = 1000,
			    .proven = 8,
			    .not_before = 4102444800,
			    .repaired = 4102444800 };

	(void)state;
	round_trip(&(struct ladder){ 0 });
	for (size_t i = 0; i < TUG_KEPT; i++)
		l.back[i] = 4102444800 - (int64_t)i * 300;
	for (size_t i = 0; i < REQUIREMENT_REMEDIES; i++)
		l.breakers[i] = (struct breaker){ 32, 4102444800 };
	round_trip(&l); /* the longest there can be */
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(ladder_get(wrong[i], &l), -EINVAL);
}

/* --- hosts as the dice fall --- */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_once),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_breaker),
		cmocka_unit_test(test_failing_is_no_vain_success),
		cmocka_unit_test(test_tug_of_war),
		cmocka_unit_test(test_others_mend_it),
		cmocka_unit_test(test_killed_in_between),
		cmocka_unit_test(test_other_remedies),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_a_way_out_again),
		cmocka_unit_test(test_no_way_past_the_other_pauses),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
