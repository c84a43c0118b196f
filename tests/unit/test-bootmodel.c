// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When a host is restarted, as a model of years of findings, windows, deadlines, releases and
 * clocks, in which restarts help or do not.  Plans with a planted fault are found out.
 */
#include <stdlib.h>
#include <time.h>

#include "agent/base/count.h"
#include "agent/bootplan.h"
#include "agent/reboots.h"
#include "tests/unit/test.h"

#define HOUR 3600
#define DAY  (24 * HOUR)
#define SAT  1795219200 /* Sat, 21 Nov 2026 00:00:00 UTC */
#define FAR  INT64_MAX

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
	for (size_t i = 0; i < COUNT(faults); i++) {
		unsigned total;
		const char *why;

		srandom(7);
		why = walk(faults[i].plan, 100000, &total);
		assert_non_null(why);
		assert_string_equal(why, faults[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_planted_faults_are_found),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("bootmodel", tests, NULL, NULL);
}
