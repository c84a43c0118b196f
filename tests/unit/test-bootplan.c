// SPDX-License-Identifier: GPL-2.0-or-later
/* When a host is restarted, by table; test-bootmodel.c has the same as a model. */
#include <stdlib.h>
#include <time.h>

#include "agent/base/count.h"
#include "agent/bootplan.h"
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
	for (size_t i = 0; i < COUNT(rows); i++) {
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
	for (size_t i = 0; i < COUNT(now); i++) {
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_announced),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("bootplan", tests, NULL, NULL);
}
