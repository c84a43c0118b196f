// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When a host is restarted: by table, and as a model of years of findings, windows, deadlines,
 * releases and clocks, in which restarts help or do not.  Plans with a planted fault are found out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/bootplan.h"
#include "agent/reboots.h"
#include "tests/unit/test.h"

#define HOUR 3600
#define DAY  (24 * HOUR)
#define SAT  1795219200 /* Sat, 21 Nov 2026 00:00:00 UTC */
#define FAR  INT64_MAX

/* Hours after SAT; until, released, last, retry and now as in the terms. */
static const struct {
	const char *window;
	bool force;
	size_t waiting, open;
	double until, released, last, retry, now;
	bool audit, unsure, busy, users, despite;
	enum reboot_stage stage;
	bool forced;
	double at; /* -1: never */
} rows[] = {
	{ NULL, .stage = REBOOT_NONE, .at = -1 },
	{ NULL, .waiting = 1, .open = 1, .stage = REBOOT_ASKED, .at = -1 },
	{ "02:00-04:00", .waiting = 1, .open = 1, .now = 1, .stage = REBOOT_ASKED, .at = 2 },
	{ "02:00-04:00", .waiting = 1, .open = 1, .now = 2, .stage = REBOOT_NOW, .at = 2 },
	{ "02:00-04:00", .waiting = 1, .open = 1, .now = 3, .stage = REBOOT_NOW, .at = 3 },
	{ "02:00-04:00", .waiting = 1, .open = 1, .now = 4, .stage = REBOOT_ASKED, .at = 26 },
	{ "02:00-04:00", .waiting = 2, .now = 3, .stage = REBOOT_VAIN, .at = -1 },
	{ "02:00-04:00", .waiting = 2, .open = 1, .now = 3, .stage = REBOOT_NOW, .at = 3 },
	{ "02:00-04:00", .now = 3, .stage = REBOOT_NONE, .at = -1 },
	{ "02:00-04:00", .waiting = 1, .open = 1, .now = 3, .audit = true, .stage = REBOOT_ASKED,
	  .at = -1 },
	{ "02:00-04:00", .waiting = 1, .open = 1, .now = 3, .busy = true, .stage = REBOOT_ASKED,
	  .at = 3 },
	{ "02:00-04:00", .waiting = 1, .open = 1, .now = 3, .unsure = true, .stage = REBOOT_ASKED,
	  .at = 3 },
	{ "02:00-04:00", .waiting = 1, .open = 1, .now = 3, .released = 3.5, .stage = REBOOT_ASKED,
	  .at = 3.5 },
	{ "02:00-04:00", .waiting = 1, .open = 1, .now = 3, .released = 9, .stage = REBOOT_ASKED,
	  .at = 26 },
	{ "02:00-04:00", .waiting = 1, .open = 1, .now = 3, .retry = 3.25, .stage = REBOOT_ASKED,
	  .at = 3.25 },
	{ "02:00-04:00", .waiting = 1, .open = 1, .now = 3, .users = true, .stage = REBOOT_ASKED,
	  .at = 3 + 1.0 / 60 },
	{ "02:00-04:00", .waiting = 1, .open = 1, .now = 3, .users = true, .despite = true,
	  .stage = REBOOT_NOW, .at = 3 },
	{ "02:00-04:00", .force = true, .waiting = 1, .open = 1, .until = 3, .now = 3,
	  .users = true, .stage = REBOOT_NOW, .forced = true, .at = 3 },
	/* Never two within six hours; a clock that was set back does not make it days. */
	{ "00:00-24:00", .waiting = 1, .open = 1, .now = 3, .last = 1, .stage = REBOOT_ASKED,
	  .at = 7 },
	{ "00:00-24:00", .waiting = 1, .open = 1, .now = 3, .last = 99, .stage = REBOOT_NOW,
	  .at = 3 },
	{ "00:00-24:00", .waiting = 1, .open = 1, .now = 3, .retry = 99, .stage = REBOOT_NOW,
	  .at = 3 },
	/* By force, a notice before the deadline. */
	{ NULL, .force = true, .waiting = 1, .open = 1, .until = 5, .now = 4, .stage = REBOOT_ASKED,
	  .forced = true, .at = 4.75 },
	{ NULL, .force = true, .waiting = 1, .open = 1, .until = 5, .now = 4.75,
	  .stage = REBOOT_NOW, .forced = true, .at = 4.75 },
	{ NULL, .force = true, .waiting = 1, .open = 1, .until = 5, .now = 50, .stage = REBOOT_NOW,
	  .forced = true, .at = 50 },
	{ NULL, .force = true, .waiting = 1, .open = 1, .now = 50, .stage = REBOOT_ASKED,
	  .at = -1 },
	{ NULL, .force = true, .waiting = 1, .open = 1, .until = 5, .now = 6, .released = 8,
	  .stage = REBOOT_ASKED, .forced = true, .at = 8 },
	{ "02:00-04:00", .force = true, .waiting = 1, .open = 1, .until = 50, .now = 3,
	  .stage = REBOOT_NOW, .at = 3 },
	{ "02:00-04:00", .force = false, .waiting = 1, .open = 1, .until = 5, .now = 6,
	  .stage = REBOOT_ASKED, .at = 26 },
};

static int64_t hours(double h)
{
	return h ? SAT + (int64_t)(h * HOUR) : 0;
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct reboot_rule rule = { .given = true,
					    .notice = 900,
					    .force = rows[i].force,
					    .despite_users = rows[i].despite };
		const struct reboot_terms t = {
			.rule = &rule,
			.waiting = rows[i].waiting,
			.open = rows[i].open,
			.until = rows[i].until ? hours(rows[i].until) : FAR,
			.enforce = !rows[i].audit,
			.sure = !rows[i].unsure,
			.busy = rows[i].busy,
			.users = rows[i].users,
			.released = hours(rows[i].released),
			.last = hours(rows[i].last),
			.retry = hours(rows[i].retry),
			.now = SAT + (int64_t)(rows[i].now * HOUR),
		};
		struct reboot_plan p;

		if (rows[i].window)
			assert_int_equal(window_parse(rows[i].window, rule.windows), 0);
		rule.n_windows = rows[i].window != NULL;
		p = reboot_plan(&t);
		if (p.stage != rows[i].stage || p.forced != rows[i].forced ||
		    p.at != (rows[i].at < 0 ? FAR : SAT + (int64_t)(rows[i].at * HOUR)))
			fail_msg("row %zu: stage %d, forced %d, %+f h", i, p.stage, p.forced,
				 (double)(p.at - SAT) / HOUR);
	}
}

/* --- the model -------------------------------------------------------------------------- */

#define FINDINGS 6

typedef struct reboot_plan (*planner)(const struct reboot_terms *t);

/* A host, what waits on it, and what it remembers. */
struct world {
	struct reboot_rule rule;
	struct reboots done;
	struct {
		uint64_t id; /* 0: there is none */
		int64_t since;
		bool stubborn; /* a restart does not complete it */
	} findings[FINDINGS];
	uint64_t next_id;
	unsigned had; /* findings so far */
	unsigned restarts;
	int64_t last, released, now;
	bool busy, unsure, enforce, users;
};

static struct reboot_terms terms_of(const struct world *w)
{
	struct reboot_terms t = { .rule = &w->rule,
				  .until = FAR,
				  .enforce = w->enforce,
				  .sure = !w->unsure,
				  .busy = w->busy,
				  .users = w->users,
				  .released = w->released,
				  .last = reboots_last(&w->done),
				  .now = w->now };

	for (size_t i = 0; i < FINDINGS; i++) {
		bool open = w->findings[i].id && !reboots_over(&w->done, w->findings[i].id);

		t.waiting += w->findings[i].id != 0;
		t.open += open;
		if (open && w->findings[i].since + 3 * DAY < t.until)
			t.until = w->findings[i].since + 3 * DAY;
	}
	return t;
}

static bool is_open(const struct reboot_rule *rule, int64_t now)
{
	int64_t from, to;

	return window_next(rule->windows, rule->n_windows, now, &from, &to) && from <= now;
}

static const char *judge(const struct world *w, const struct reboot_terms *t,
			 const struct reboot_plan *p)
{
	bool window = is_open(&w->rule, w->now) && (!w->users || w->rule.despite_users);
	bool due = t->until != FAR && w->now >= t->until - (int64_t)w->rule.notice;

	if (p->stage != REBOOT_NOW) {
		if (t->open && w->enforce && !w->busy && !w->unsure && w->released <= w->now &&
		    (!w->last || w->now - w->last >= REBOOT_SPACING) &&
		    (window || (w->rule.force && due)))
			return "a restart that is due is not made";
		return NULL;
	}
	if (!t->open)
		return "a restart without a reason, or again for the same";
	if (!window && !(w->rule.force && due))
		return "a restart out of the window, or under users who are to be minded";
	if (w->last && w->now - w->last < REBOOT_SPACING)
		return "two restarts within six hours";
	if (w->busy || w->unsure || !w->enforce || w->released > w->now)
		return "a restart in spite of what stands against it";
	return w->restarts + 1 > w->had ? "more restarts than findings" : NULL;
}

static void restart(struct world *w)
{
	for (size_t i = 0; i < FINDINGS; i++) {
		if (!w->findings[i].id)
			continue;
		reboots_note(&w->done, w->findings[i].id, w->now);
		if (!w->findings[i].stubborn)
			w->findings[i].id = 0;
	}
	w->last = w->now;
	w->restarts++;
}

static void happen(struct world *w)
{
	size_t i = (size_t)random() % FINDINGS;

	if (random() % 40 == 0) {
		w->findings[i].id = ++w->next_id;
		w->findings[i].since = w->now - random() % HOUR;
		w->findings[i].stubborn = random() % 3 == 0;
		w->had++;
	}
	if (random() % 200 == 0)
		w->findings[i].id = 0;
	if (random() % 100 == 0)
		w->released = w->now + random() % DAY;
	w->users = random() % 3 == 0;
	w->busy = random() % 8 == 0;
	w->unsure = random() % 8 == 0;
	w->enforce = random() % 20 != 0;
}

/* NULL, or what did not hold; `total` gets how many restarts there were. */
static const char *walk(planner plan, unsigned turns, unsigned *total)
{
	static const char *const windows[] = { "02:00-04:00", "Mon-Fri 22:00-01:00",
					       "Sun 00:00-24:00" };
	struct world w = { .now = SAT };
	const char *why = NULL;

	*total = 0;
	for (unsigned i = 0; i < turns && !why; i++) {
		struct reboot_terms t;
		struct reboot_plan p;

		if (i % 500 == 0) {
			w.rule = (struct reboot_rule){ .given = true,
						       .notice = (uint64_t)random() % 900,
						       .force = random() % 2,
						       .despite_users = random() % 2 };
			w.rule.n_windows = (size_t)random() % 2;
			window_parse(windows[random() % 3], w.rule.windows);
		}
		happen(&w);
		t = terms_of(&w);
		p = plan(&t);
		why = judge(&w, &t, &p);
		if (!why && p.stage == REBOOT_NOW)
			restart(&w), ++*total;
		w.now += p.at > w.now && p.at < w.now + DAY ? p.at - w.now : random() % (2 * HOUR);
	}
	return why;
}

static void test_model(void **state)
{
	unsigned total;
	const char *why;

	(void)state;
	srandom(7);
	why = walk(reboot_plan, 100000, &total);
	if (why)
		fail_msg("%s", why);
	print_message("model: 100000 turns, %u restarts, 6 invariants\n", total);
	assert_true(total > 500);
}

static struct reboot_plan plan_again(const struct reboot_terms *t)
{
	struct reboot_terms forgetful = *t;

	forgetful.open = t->waiting;
	return reboot_plan(&forgetful);
}

static struct reboot_plan plan_hastily(const struct reboot_terms *t)
{
	struct reboot_terms hasty = *t;

	hasty.last = 0;
	return reboot_plan(&hasty);
}

static struct reboot_plan plan_rudely(const struct reboot_terms *t)
{
	struct reboot_terms rude = *t;

	rude.busy = false;
	return reboot_plan(&rude);
}

static struct reboot_plan plan_blindly(const struct reboot_terms *t)
{
	struct reboot_terms blind = *t;

	blind.users = false;
	return reboot_plan(&blind);
}

static struct reboot_plan plan_any_time(const struct reboot_terms *t)
{
	struct reboot_plan p = reboot_plan(t);

	if (p.stage == REBOOT_ASKED && p.at < t->now + 8 * HOUR && t->sure && !t->busy &&
	    t->released <= t->now && t->now - t->last >= REBOOT_SPACING)
		p.stage = REBOOT_NOW;
	return p;
}

static struct reboot_plan plan_never(const struct reboot_terms *t)
{
	struct reboot_plan p = reboot_plan(t);

	if (p.stage == REBOOT_NOW && p.forced)
		p.stage = REBOOT_ASKED;
	return p;
}

static void test_planted_faults_are_found(void **state)
{
	static const struct {
		planner plan;
		const char *why;
	} faults[] = {
		{ plan_again, "a restart without a reason, or again for the same" },
		{ plan_hastily, "two restarts within six hours" },
		{ plan_rudely, "a restart in spite of what stands against it" },
		{ plan_any_time,
		  "a restart out of the window, or under users who are to be minded" },
		{ plan_blindly,
		  "a restart out of the window, or under users who are to be minded" },
		{ plan_never, "a restart that is due is not made" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		unsigned total;
		const char *why;

		srandom(7);
		why = walk(faults[i].plan, 100000, &total);
		assert_non_null(why);
		assert_string_equal(why, faults[i].why);
	}
}

/* --- what is remembered ----------------------------------------------------------------- */

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
	reboots_leap(&r, 50);
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
	for (size_t i = 0; i < sizeof(leaps) / sizeof(*leaps); i++) {
		struct reboots r = { 0 }, ledger = { 0 };
		struct entry e = reboots_begun(7, SAT, "a kernel");

		reboots_note(&r, 7, SAT);
		r.begun = SAT;
		reboots_recall(&ledger, &e);
		reboots_leap(&r, leaps[i]);
		reboots_leap(&ledger, leaps[i]);
		e = reboots_none(r.begun, true, "it failed");
		reboots_failed(&r, r.begun);
		reboots_recall(&ledger, &e);
		assert_false(reboots_over(&r, 7) || reboots_over(&ledger, 7));
		assert_int_equal(reboots_retry(&r), SAT + leaps[i] + 15 * 60);
		assert_int_equal(reboots_retry(&ledger), reboots_retry(&r));
	}
}

/* One that was announced ends when a newer plan has it later, and for nothing less. */
static void test_announced(void **state)
{
	struct reboot_rule wide = { .given = true, .despite_users = true, .notice = 900 };
	struct reboot_rule narrow = wide, none = { 0 };
	const struct reboot_terms then = { .rule = &wide,
					   .waiting = 1,
					   .open = 1,
					   .until = FAR,
					   .enforce = true,
					   .sure = true,
					   .now = SAT + 3 * HOUR };
	const struct {
		const struct reboot_rule *rule;
		int64_t released, later;
		size_t open;
		bool audit, busy, unsure, stands;
	} now[] = {
		{ &wide, .open = 1, .stands = true },
		{ &wide, .open = 1, .busy = true, .stands = true },
		{ &wide, .open = 1, .unsure = true, .stands = true },
		{ &narrow, .open = 1 },
		{ &none, .open = 1 },
		{ &wide, .open = 0 },
		{ &wide, .open = 1, .audit = true },
		{ &wide, .open = 1, .released = SAT + 4 * HOUR },
		{ &wide, .open = 1, .later = HOUR },
	};
	struct reboot_plan p = { 0 };

	(void)state;
	wide.n_windows = narrow.n_windows = 1;
	assert_int_equal(window_parse("02:00-04:00", wide.windows), 0);
	assert_int_equal(window_parse("02:00-02:30", narrow.windows), 0);
	p = reboot_plan(&then);
	assert_int_equal(p.stage, REBOOT_NOW);
	for (size_t i = 0; i < sizeof(now) / sizeof(*now); i++) {
		struct reboot_terms t = then;

		t.rule = now[i].rule;
		t.open = now[i].open;
		t.enforce = !now[i].audit;
		t.busy = now[i].busy;
		t.sure = !now[i].unsure;
		t.released = now[i].released;
		t.now += now[i].later;
		p = reboot_plan(&t);
		if (reboot_plan_stands(&p, &t) != now[i].stands)
			fail_msg("row %zu", i);
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
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_planted_faults_are_found),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_recall),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_one_that_fails_is_tried_thrice),
		cmocka_unit_test(test_one_that_failed_once),
		cmocka_unit_test(test_clock_is_set_amid_one),
		cmocka_unit_test(test_announced),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("bootplan", tests, NULL, NULL);
}
