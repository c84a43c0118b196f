// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults that begin, end and come again while another one of the same requirement lasts. */
#include <errno.h>
#include <stdio.h>

#include "agent/base/count.h"
#include "agent/ladder.h"
#include "tests/unit/ladders.h"
#include "tests/unit/test.h"

#define OLD  1u /* signatures for which there is no mirror */
#define DOWN 2u /* a daemon that was stopped */

static unsigned see(struct ladder *l, unsigned fails, int64_t now)
{
	return look_at(l, &two, 2, fails, now, 0);
}

/* The next remedy, which must be that one and due; then the look after it. */
static unsigned try(struct ladder *l, enum remedy want, int err, unsigned fails, int64_t now)
{
	enum remedy next;

	assert_int_equal(ladder_next(l, &two, now, &next), 1);
	assert_int_equal(next, want);
	ladder_begin(l, &two, next, now, 0);
	ladder_end(l, &two, next, err, now, 0);
	return see(l, fails, now);
}

static bool is_idle(const struct ladder *l, int64_t now)
{
	enum remedy next;

	return ladder_next(l, &two, now, &next) == 0;
}

static int64_t round_in_vain(struct ladder *l, int64_t now)
{
	try(l, REMEDY_ANTIVIRUS_START, 0, OLD, now);
	try(l, REMEDY_ANTIVIRUS_ENABLE, 0, OLD, now);
	return ladder_due(l, &two);
}

/* Both remedies rest, for what they cannot mend; until when. */
static int64_t rest(struct ladder *l)
{
	int64_t now = NOW;

	*l = start(&two);
	see(l, OLD, now);
	for (int i = 0; i < BREAKER_VAIN; i++)
		now = round_in_vain(l, now);
	assert_true(now >= NOW + BREAKER_PAUSE_MIN);
	return now;
}

static void test_in_a_pause(void **state)
{
	struct ladder l = start(&two);
	int64_t due;

	(void)state;
	see(&l, OLD, NOW);
	due = round_in_vain(&l, NOW);
	assert_int_equal(due, NOW + LADDER_PAUSE_MIN);
	assert_false(see(&l, OLD, NOW + 1) & LADDER_BEGAN);
	assert_true(is_idle(&l, NOW + 1));
	assert_true(see(&l, OLD | DOWN, NOW + 2) & LADDER_BEGAN);
	assert_int_equal(ladder_due(&l, &two), 0);
	try(&l, REMEDY_ANTIVIRUS_START, 0, OLD, NOW + 2);
	/* What lasts has its turn, and the pauses begin with the shortest. */
	try(&l, REMEDY_ANTIVIRUS_ENABLE, 0, OLD, NOW + 2);
	assert_int_equal(ladder_due(&l, &two), NOW + 2 + LADDER_PAUSE_MIN);
}

static void test_while_they_rest(void **state)
{
	struct ladder l;
	int64_t until = rest(&l);

	(void)state;
	assert_true(is_idle(&l, until - 1));
	see(&l, OLD | DOWN, NOW + 1000);
	try(&l, REMEDY_ANTIVIRUS_START, -EIO, OLD | DOWN, NOW + 1000);
	try(&l, REMEDY_ANTIVIRUS_ENABLE, 0, OLD, NOW + 1000);
	assert_int_equal(l.breakers[1].vain, 0); /* it did mend something */
}

static void test_same_fault(void **state)
{
	const struct probes silent = { .n = 1, .at = { { .id = 2, .fails = true } } };
	struct ladder l;

	(void)state;
	rest(&l);
	for (int i = 0; i < 100; i++)
		assert_false(see(&l, OLD, NOW + 1000 + i) & LADDER_BEGAN);
	/* Nobody tells its signatures' age while it is down: they are as old as before. */
	assert_true(ladder_look(&l, &two, false, &silent, NOW + 2000, 0) & LADDER_BEGAN);
	assert_false(ladder_look(&l, &two, false, &silent, NOW + 2001, 0) & LADDER_BEGAN);
	assert_false(see(&l, OLD | DOWN, NOW + 2002) & LADDER_BEGAN);
	assert_false(see(&l, OLD, NOW + 2003) & LADDER_BEGAN);
}

/* It is switched off each time that it runs again, and what lasts never ends. */
static void test_tug_of_war(void **state)
{
	struct ladder l;
	int64_t now = NOW + 1000, before = 0;

	(void)state;
	rest(&l);
	for (int i = 0; i <= TUG_KEPT + 20; i++) {
		unsigned news = see(&l, OLD | DOWN, now);
		int64_t due = ladder_due(&l, &two), pause = due > now ? due - now : 0;

		assert_true(news & LADDER_BEGAN);
		assert_int_equal(!!(news & LADDER_TUGGED), i > TUG_FREE);
		assert_int_equal(!!ladder_tug(&l, now), i > TUG_FREE);
		assert_true(i <= TUG_FREE ? !pause : pause > 0);
		assert_true(i > TUG_KEPT || pause >= before);
		assert_true(pause <= TUG_PAUSE_MAX);
		before = pause;
		now += pause;
		try(&l, REMEDY_ANTIVIRUS_START, 0, OLD, now);
		now++;
	}
}

/* Who switches it off and on, faster than any repair, does not put the repair off. */
static void test_on_and_off(void **state)
{
	struct ladder l;
	int64_t now = NOW + 1000, since;

	(void)state;
	rest(&l);
	for (int i = 0; i <= TUG_KEPT; i++, now++) {
		see(&l, OLD | DOWN, now);
		now = ladder_due(&l, &two) > now ? ladder_due(&l, &two) : now;
		try(&l, REMEDY_ANTIVIRUS_START, 0, OLD, now);
	}
	for (since = now; see(&l, OLD | DOWN, now), is_idle(&l, now); now++)
		see(&l, OLD, now);
	assert_in_range(now - since, TUG_PAUSE_MAX - 5, TUG_PAUSE_MAX);
}

static void test_others_mend_it(void **state)
{
	struct ladder l;

	(void)state;
	rest(&l);
	/* No remedy has begun since it fails: nobody undoes what nobody did. */
	for (int i = 0; i < 3 * TUG_FREE; i++) {
		assert_false(see(&l, OLD | DOWN, NOW + 1000) & LADDER_TUGGED);
		see(&l, OLD, NOW + 1000);
	}
}

/* What fails right after a remedy may be its doing: it was started anew, and loads. */
static void test_after_a_remedy(void **state)
{
	struct ladder l = start(&two);
	int64_t now = NOW;

	(void)state;
	see(&l, OLD, now);
	assert_false(try(&l, REMEDY_ANTIVIRUS_START, 0, OLD | DOWN, now) & LADDER_BEGAN);
	assert_false(try(&l, REMEDY_ANTIVIRUS_ENABLE, 0, OLD | DOWN, now) & LADDER_BEGAN);
	assert_false(see(&l, OLD | DOWN, now + LASTING_SETTLE - 1) & LADDER_BEGAN);
	assert_false(see(&l, OLD, now + LASTING_SETTLE - 1) & LADDER_BEGAN);
	assert_int_equal(l.repaired, 0);
	/* But not for ever. */
	now += LASTING_SETTLE;
	try(&l, REMEDY_ANTIVIRUS_START, 0, OLD | DOWN, now);
	assert_false(see(&l, OLD | DOWN, now + LASTING_SETTLE - 1) & LADDER_BEGAN);
	assert_true(see(&l, OLD | DOWN, now + LASTING_SETTLE) & LADDER_BEGAN);
	assert_false(see(&l, OLD | DOWN, now + LASTING_SETTLE + 1) & LADDER_BEGAN);
}

static void test_restarts(void **state)
{
	struct ladder l;
	int64_t now = NOW + 1000;

	(void)state;
	rest(&l);
	restart(&l);
	assert_false(see(&l, OLD, now) & LADDER_BEGAN);
	/* It was stopped while lazaretd was not there. */
	restart(&l);
	assert_true(see(&l, OLD | DOWN, now) & LADDER_BEGAN);
	/* lazaretd is killed by its own remedy, again and again. */
	for (int i = 0; i < 20; i++) {
		enum remedy next;

		assert_int_equal(ladder_next(&l, &two, now, &next), 1);
		ladder_begin(&l, &two, next, now, 0);
		restart(&l);
		see(&l, i % 2 ? OLD | DOWN : OLD, now + 1);
		restart(&l);
		assert_true(is_idle(&l, now + LADDER_CRASH_WAIT - 1));
		now = ladder_due(&l, &two);
	}
}

static void test_too_many(void **state)
{
	struct ladder l = start(&two);

	(void)state;
	look_at(&l, &two, 20, 0xfffffu, NOW, 0);
	assert_int_equal(l.lasting.n, LASTING_KEPT);
	for (int i = 0; i < 100; i++)
		assert_false(look_at(&l, &two, 20, 0xfffffu, NOW + i, 0) & LADDER_BEGAN);
	restart(&l);
	assert_int_equal(l.lasting.n, LASTING_KEPT);
	assert_false(look_at(&l, &two, 20, 0xfffffu, NOW + 100, 0) & LADDER_BEGAN);
}

static void test_room(void **state)
{
	struct ladder l = start(&two), copy;

	(void)state;
	/* What has no room is left out, and the rest is as it was. */
	for (unsigned i = 0; i < REQUIREMENT_REMEDIES; i++) {
		char text[LADDER_TEXT];

		look_at(&l, &two, 20, 0xfffffu, NOW, 0);
		l.breakers[i] = (struct breaker){ 32, 4102444800 };
		l.back[i] = 4102444800 - (int64_t)i * 300;
		ladder_put(&l, text);
		assert_int_equal(ladder_get(text, &copy), 0);
		assert_int_equal(copy.breakers[i].until, 4102444800);
		assert_true(copy.lasting.n <= l.lasting.n);
		assert_memory_equal(copy.lasting.at, l.lasting.at,
				    copy.lasting.n * sizeof(*l.lasting.at));
	}
	assert_true(copy.lasting.n < l.lasting.n);
	assert_int_equal(ladder_get("00000000 met 0 0 0 0 0 0 back 0 f", &l), 0);
	assert_int_equal(ladder_get("00000000 met 0 0 0 0 0 0 back 0 F00a1ffff", &l), 0);
	assert_true(l.lasting.disturbed);
	assert_int_equal(l.lasting.at[1].probe, 0xffff);
	assert_int_equal(ladder_get("00000000 met 0 0 0 0 0 0 back 0 f00a", &l), -EINVAL);
	assert_int_equal(ladder_get("00000000 met 0 0 0 0 0 0 back 0 f 00a1", &l), -EINVAL);
}

/* Nobody repairs it; who did it is asked all the same. */
static void test_no_remedies(void **state)
{
	static const struct requirement none = { .n_remedies = 0 };
	struct ladder l = start(&none);

	(void)state;
	assert_int_equal(look_at(&l, &none, 2, OLD, NOW, 0), 0);
	assert_int_equal(look_at(&l, &none, 2, OLD | DOWN, NOW + 1, 0), LADDER_BEGAN);
	assert_int_equal(look_at(&l, &none, 2, OLD | DOWN, NOW + 2, 0), 0);
	assert_int_equal(look_at(&l, &none, 2, 0, NOW + 3, 0), 0);
	assert_int_equal(look_at(&l, &none, 2, DOWN, NOW + 4, 0), 0);
}

static void test_probes(void **state)
{
	struct finding f = { .grade = GRADE_PASS };
	struct probes seen;
	char name[20];

	(void)state;
	finding_tell(&f, "answer", GRADE_PASS, NULL, "it answers");
	finding_tell(&f, "unit", GRADE_PASS, NULL, "it is enabled");
	finding_tell(&f, "unit", GRADE_FAIL, NULL, "it does not run");
	finding_tell(&f, "proof", GRADE_UNKNOWN, NULL, "nobody knows");
	finding_note(&f, "package", GRADE_FAIL, "nobody demands it");
	probes_of(&f, &seen);
	assert_int_equal(seen.n, 4);
	assert_true(seen.at[0].passes && !seen.at[0].fails);
	assert_true(!seen.at[1].passes && seen.at[1].fails);
	for (int i = 2; i < 4; i++)
		assert_true(!seen.at[i].passes && !seen.at[i].fails);
	for (int i = 0; i < EVIDENCE_MAX + 9; i++) {
		snprintf(name, sizeof(name), "probe %d", i);
		finding_tell(&f, name, GRADE_FAIL, NULL, "it fails");
	}
	probes_of(&f, &seen);
	assert_int_equal(seen.n, EVIDENCE_MAX - 1);
	for (size_t i = 0; i < seen.n; i++)
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(seen.at[i].id, seen.at[k].id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_a_pause),     cmocka_unit_test(test_while_they_rest),
		cmocka_unit_test(test_same_fault),     cmocka_unit_test(test_tug_of_war),
		cmocka_unit_test(test_on_and_off),     cmocka_unit_test(test_others_mend_it),
		cmocka_unit_test(test_after_a_remedy), cmocka_unit_test(test_restarts),
		cmocka_unit_test(test_too_many),       cmocka_unit_test(test_no_remedies),
		cmocka_unit_test(test_room),	       cmocka_unit_test(test_probes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
