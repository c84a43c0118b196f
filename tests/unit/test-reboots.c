// SPDX-License-Identifier: GPL-2.0-or-later
/* What lazaretd remembers of restarts: which it made, which failed, and when to try again. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/count.h"
#include "agent/bootplan.h"
#include "agent/reboots.h"
#include "tests/unit/test.h"

#define HOUR 3600
#define DAY  (24 * HOUR)
#define SAT  1795219200 /* Sat, 21 Nov 2026 00:00:00 UTC */
#define FAR  INT64_MAX

static void test_memory(void **state)
{
	struct reboots r = { 0 };

	(void)state;
	assert_int_equal(reboots_last(&r), 0);
	reboots_note(&r, 5, 100);
	reboots_note(&r, 6, 100);
	reboots_note(&r, 7, 200);
	assert_true(reboots_over(&r, 5));
	assert_false(reboots_over(&r, 9));
	assert_int_equal(reboots_last(&r), 200);
	reboots_note(&r, 5, 300);
	assert_int_equal(r.n, 3);
	/* One that was not let go is none, and no try. */
	for (int i = 0; i < 2 * REBOOTS_TRIES; i++) {
		reboots_note(&r, 5, 300);
		reboots_withdraw(&r, 300);
	}
	assert_false(reboots_over(&r, 5));
	assert_int_equal(reboots_last(&r), 200);
	assert_int_equal(reboots_retry(&r), 0);
	reboots_leap(&r, leap_of_all(50));
	assert_int_equal(reboots_last(&r), 250);
	/* The oldest go when there are too many. */
	for (unsigned i = 0; i < REBOOTS_KEPT; i++)
		reboots_note(&r, 1000 + i, 1000 + i);
	assert_int_equal(r.n, REBOOTS_KEPT);
	assert_false(reboots_over(&r, 7));
	assert_true(reboots_over(&r, 1000));
}

static void keep(void *ctx, const struct entry *e)
{
	reboots_recall(ctx, e);
}

static void test_recall(void **state)
{
	struct reboots r = { 0 }, again = { 0 };
	struct entry e = { .kind = ENTRY_REBOOT, .name = "failed", .value = 2 };

	(void)state;
	reboots_note(&r, UINT64_MAX - 1, 1);
	reboots_note(&r, 3, 2);
	reboots_repeat(&r, keep, &again);
	assert_int_equal(again.n, 2);
	assert_true(reboots_over(&again, UINT64_MAX - 1));
	assert_int_equal(reboots_last(&again), 2);
	reboots_recall(&again, &e);
	assert_int_equal(reboots_last(&again), 1);
	strcpy(e.name, "unheard-of");
	reboots_recall(&again, &e);
	assert_int_equal(reboots_last(&again), 1);
	assert_int_equal(again.n, 2);
}

/* What is gone for a day may come back as another one; what never went stays known. */
static void test_forget(void **state)
{
	static const uint64_t there[] = { 2 };
	struct reboots r = { 0 };

	(void)state;
	reboots_note(&r, 1, SAT);
	reboots_note(&r, 2, SAT);
	reboots_forget(&r, there, 1, SAT + DAY - 1);
	assert_int_equal(r.n, 2);
	reboots_forget(&r, there, 1, SAT + DAY);
	assert_int_equal(r.n, 1);
	assert_true(reboots_over(&r, 2));
}

static void recall_kept(void *ctx, const struct entry *e)
{
	assert_true(e->kept);
	reboots_recall(ctx, e);
}

/* Every write of the ledger may be the last before lazaretd starts anew, or trims it. */
static struct reboots renewed(const struct reboots *r)
{
	struct reboots ret = { 0 };

	reboots_repeat(r, recall_kept, &ret);
	assert_int_equal(ret.n, r->n);
	return ret;
}

/*
 * A host that never goes down, in a window that never closes, past its deadline: planned anew each
 * minute for ten days, lazaretd starting anew each time.
 */
static unsigned fail_for_days(struct reboots *done, uint64_t id, int64_t from, int64_t tries[16])
{
	struct reboot_rule rule = { .given = true, .force = true };
	unsigned n = 0;

	assert_int_equal(window_parse("00:00-24:00", rule.windows), 0);
	rule.n_windows = 1;
	for (int64_t now = from; now < from + 10 * DAY && n < 16; now += 60) {
		struct reboot_terms t = { .rule = &rule,
					  .waiting = 1,
					  .open = !reboots_over(done, id),
					  .stuck = reboots_stuck(done, id),
					  .until = from,
					  .enforce = true,
					  .sure = true,
					  .last = reboots_last(done),
					  .retry = reboots_retry(done),
					  .now = now };

		*done = renewed(done);
		reboots_forget(done, &id, 1, now);
		if (reboot_plan(&t).stage != REBOOT_NOW)
			continue;
		tries[n++] = now - from;
		reboots_note(done, id, now);
		*done = renewed(done);
		reboots_failed(done, now);
	}
	return n;
}

static void test_one_that_fails_is_tried_thrice(void **state)
{
	const struct reboot_rule rule = { .given = true, .force = true };
	struct reboots done = { 0 };
	const struct reboot_terms t = { .rule = &rule, .waiting = 2, .stuck = 1, .until = FAR };
	int64_t tries[16];

	(void)state;
	assert_int_equal(fail_for_days(&done, 7, SAT, tries), REBOOTS_TRIES);
	assert_int_equal(tries[0], 0);
	assert_int_equal(tries[1], 15 * 60);
	assert_int_equal(tries[2], 15 * 60 + HOUR);
	assert_true(reboots_over(&done, 7) && reboots_stuck(&done, 7));
	assert_int_equal(reboot_plan(&t).stage, REBOOT_STUCK);
	/* It was no restart, so the next finding need not wait for its six hours; nor has it more.
	 */
	assert_int_equal(reboots_last(&done), 0);
	assert_int_equal(fail_for_days(&done, 8, SAT + 10 * DAY, tries), REBOOTS_TRIES);
	assert_int_equal(tries[0], 0);
}

/* The clock is set between its beginning and its failure: it failed all the same. */
static void test_clock_is_set_amid_one(void **state)
{
	static const int64_t leaps[] = { DAY, -DAY, 40 * DAY };

	(void)state;
	for (size_t i = 0; i < COUNT(leaps); i++) {
		struct reboots r = { 0 }, ledger = { 0 };
		struct entry e = reboots_begun(7, SAT, "a kernel");

		reboots_note(&r, 7, SAT);
		r.begun = SAT;
		reboots_recall(&ledger, &e);
		reboots_leap(&r, leap_of_all(leaps[i]));
		reboots_leap(&ledger, leap_of_all(leaps[i]));
		e = reboots_none(r.begun, true, "it failed");
		reboots_failed(&r, r.begun);
		reboots_recall(&ledger, &e);
		assert_false(reboots_over(&r, 7) || reboots_over(&ledger, 7));
		assert_int_equal(reboots_retry(&r), SAT + leaps[i] + 15 * 60);
		assert_int_equal(reboots_retry(&ledger), reboots_retry(&r));
	}
}

/* What succeeds at the second try was a restart as any other. */
static void test_one_that_failed_once(void **state)
{
	struct reboots r = { 0 };

	(void)state;
	reboots_note(&r, 7, SAT);
	reboots_failed(&r, SAT);
	assert_false(reboots_over(&r, 7));
	r = renewed(&r);
	assert_int_equal(reboots_retry(&r), SAT + 15 * 60);
	reboots_note(&r, 7, SAT + HOUR);
	r = renewed(&r);
	assert_true(reboots_over(&r, 7));
	assert_false(reboots_stuck(&r, 7));
	assert_int_equal(reboots_last(&r), SAT + HOUR);
	assert_int_equal(reboots_retry(&r), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_recall),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_one_that_fails_is_tried_thrice),
		cmocka_unit_test(test_clock_is_set_amid_one),
		cmocka_unit_test(test_one_that_failed_once),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("reboots", tests, NULL, NULL);
}
