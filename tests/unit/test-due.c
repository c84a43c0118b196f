// SPDX-License-Identifier: GPL-2.0-or-later
/* Deadlines of patches: how long each of them may be lacking, and since when. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/due.h"
#include "agent/judge.h"
#include "tests/unit/advisories.h"
#include "tests/unit/offers.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

/* One finding, first seen at T0 and looked at a day later. */
static const struct {
	enum patch_state state;
	enum severity severity;
	int64_t published; /* days after T0 */
	unsigned risk;
	int64_t hours; /* after T0 that it is due; -1: never */
	const char *why;
} cases[] = {
	{ PATCH_AVAILABLE, SEVERITY_CRITICAL, -5, 5, 24,
	  "critical on a host of risk 5: 1 d since the fix was offered" },
	{ PATCH_AVAILABLE, SEVERITY_HIGH, -5, 5, 48,
	  "high on a host of risk 5: 2 d since the fix was offered" },
	{ PATCH_AVAILABLE, SEVERITY_CRITICAL, 1, 5, 48,
	  "critical on a host of risk 5: 1 d since the advisory" },
	{ PATCH_AVAILABLE, SEVERITY_CRITICAL, 2, 5, 24, "since the fix was offered" },
	{ PATCH_AVAILABLE, SEVERITY_UNKNOWN, 0, 3, 30 * 24, "medium on a host of risk 3: 4 w 2 d" },
	{ PATCH_AVAILABLE, SEVERITY_LOW, 0, 1, 180 * 24, "low on a host of risk 1: 25 w 5 d" },
	{ PATCH_RESTART, SEVERITY_HIGH, 0, 5, 48, "high" },
	{ PATCH_HELD, SEVERITY_CRITICAL, 0, 5, -1, "" },
	{ PATCH_NOT_OFFERED, SEVERITY_CRITICAL, 0, 5, -1, "" },
	{ PATCH_NO_FIX, SEVERITY_CRITICAL, 0, 5, -1, "" },
};

/* A fix that is installed could run since then, not since it was first seen. */
static void test_installed(void **state)
{
	static const struct {
		enum patch_state state;
		int64_t installed, since;
	} rows[] = {
		{ PATCH_RESTART, T0 - 5 * HOUR, T0 - 5 * HOUR },
		{ PATCH_RESTART, 0, T0 },
		{ PATCH_RESTART, T0 + HOUR, T0 },	/* a file's time may be of any clock */
		{ PATCH_AVAILABLE, T0 - 5 * HOUR, T0 }, /* of a list: not this host's time */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		_drop_(drop_findings) struct findings *f = findings_end(findings_begin(NULL));
		const struct requirement req = demand(false);
		struct due_terms t = { &req, anew(), 5, T0 };
		const struct patch p = { .package = "p",
					 .state = rows[i].state,
					 .obtainable = rows[i].installed };
		char why[DUE_TEXT];
		struct due due;

		assert_int_equal(findings_add(f, &p), 0);
		look((struct offered *)t.offered, f, T0);
		assert_non_null(due_first(&t, f, &due));
		assert_int_equal(due.since, rows[i].since);
		assert_int_equal(due.until, rows[i].since + 7 * DAY);
		due_text(&t, &due, why);
		assert_non_null(strstr(why, p.state == PATCH_RESTART
						    ? "since the fix was installed"
						    : "since the fix was offered"));
		offered_close((struct offered *)t.offered);
	}
}

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_drop_(drop_findings) struct findings *f = lacking(1, cases[i].state,
								   cases[i].severity,
								   T0 + cases[i].published * DAY);
		const struct requirement req = demand(false);
		struct due_terms t = { &req, anew(), cases[i].risk, T0 + DAY };
		char why[DUE_TEXT] = "";
		struct due due;

		look((struct offered *)t.offered, f, T0);
		if (due_first(&t, f, &due))
			due_text(&t, &due, why);
		else
			due.until = T0 - HOUR;
		assert_int_equal((due.until - T0) / HOUR, cases[i].hours);
		if (!strstr(why, cases[i].why) || !*cases[i].why != !*why)
			fail_msg("row %zu: %s", i, why);
		offered_close((struct offered *)t.offered);
	}
}

/* Worse or riskier is never later; and nothing is due before it could be had, plus its time. */
static void test_monotone(void **state)
{
	uint64_t x = 88172645463325252u;

	(void)state;
	for (int round = 0; round < 300; round++) {
		int64_t now, published, was_risk = 0;
		struct offered *o = anew();

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		now = T0 + (int64_t)(x % (200 * DAY));
		published = x & 1 ? 0 : T0 + (int64_t)((x >> 20) % (200 * DAY)) - 100 * DAY;
		offered_use(o, (x >> 8) % DAY);
		for (unsigned risk = 1; risk <= RISKS; risk++) {
			int64_t was = 0;

			for (int s = SEVERITY_LOW; s < SEVERITIES; s++) {
				_drop_(drop_findings) struct findings *f =
					lacking(1, PATCH_AVAILABLE, (enum severity)s, published);
				bool reachable = x & 2;
				int64_t at;

				look(o, f, s == SEVERITY_LOW && risk == 1 ? T0 : now);
				at = until(o, f, risk, reachable, now);
				assert_true(at >=
					    T0 + (int64_t)deadlines_preset.allowed[s][risk - 1]);
				assert_true(published > now ||
					    at >= published + (int64_t)deadlines_preset
								      .allowed[s][risk - 1]);
				assert_true(s == SEVERITY_LOW || at <= was);
				was = at;
			}
			assert_true(risk == 1 || was <= was_risk);
			was_risk = was;
		}
		offered_close(o);
	}
}

/* Only what somebody counted counts, and it is kept well enough. */
static void test_reachable(void **state)
{
	_drop_(drop_findings) struct findings *f = lacking(1, PATCH_AVAILABLE, SEVERITY_HIGH, 0);
	_drop_(drop_findings) struct findings *later = lacking(1, PATCH_AVAILABLE, SEVERITY_HIGH,
							       T0 + DAY);
	struct offered *o = anew();

	(void)state;
	offered_use(o, 7 * DAY);
	look(o, f, T0);
	assert_int_equal(until(o, f, 5, true, T0), T0 + 2 * DAY);
	assert_int_equal(until(o, f, 5, true, T0 + 9 * DAY), T0 + 11 * DAY);
	offered_use(o, DAY);
	assert_int_equal(until(o, f, 5, true, T0 + 9 * DAY), T0 + 10 * DAY);
	assert_int_equal(until(o, f, 5, false, T0 + 9 * DAY), T0 + 2 * DAY);
	/* Before the advisory came out nobody had to hurry. */
	assert_int_equal(until(o, later, 5, true, T0 + 9 * DAY), T0 + 11 * DAY);
	assert_int_equal(offered_keep(o), 0);
	offered_use(o, DAY - 60);
	assert_int_equal(offered_keep(o), 0);
	o = reopen(o, 0);
	offered_use(o, 60);
	assert_int_equal(until(o, f, 5, true, T0 + 20 * DAY), T0 + 20 * DAY);
	offered_close(o);
}

#define LINE(id, fixed, severity)                                  \
	{                                                          \
		"openssl", id, fixed, ADVISORY_FIXED, severity, T0 \
	}

static struct word word(const char *text)
{
	return (struct word){ text, strlen(text) };
}

/* What a host with that version of openssl lacks, by a feed of these lines. */
static struct findings *by_feed(const struct advisory_line *lines, size_t n, const char *version)
{
	const struct package p = { .name = word("libssl3"),
				   .arch = word("amd64"),
				   .version = word(version),
				   .source = word("openssl"),
				   .source_version = word(version) };
	const struct distro bookworm = { "debian", "12" };
	_free_ char *bytes = NULL;
	_drop_(drop_feed) struct feed *feed = advisories(&bookworm, lines, n, T0, &bytes);
	struct making *m = findings_begin(feed);

	assert_non_null(m);
	assert_int_equal(findings_judge(m, &p, NULL), 0);
	return findings_end(m);
}

/* Each advisory has its own clock, which neither a newer one nor half a repair sets again. */
static void test_advisories(void **state)
{
	static const struct advisory_line lines[] = { LINE("CVE-1", "2", SEVERITY_LOW),
						      LINE("CVE-2", "3", SEVERITY_HIGH),
						      LINE("CVE-3", "4", SEVERITY_HIGH) };
	_drop_(drop_findings) struct findings *first = by_feed(lines, 1, "1");
	_drop_(drop_findings) struct findings *second = by_feed(lines, 2, "1");
	_drop_(drop_findings) struct findings *third = by_feed(lines, 3, "1");
	_drop_(drop_findings) struct findings *half = by_feed(lines, 3, "3");
	struct offered *o = anew();

	(void)state;
	look(o, first, T0 + DAY);
	assert_int_equal(until(o, first, 5, false, T0 + DAY), T0 + 31 * DAY);
	look(o, second, T0 + 5 * DAY);
	assert_int_equal(until(o, second, 5, false, T0 + 5 * DAY), T0 + 7 * DAY);
	look(o, third, T0 + 6 * DAY);
	assert_int_equal(until(o, third, 5, false, T0 + 6 * DAY), T0 + 7 * DAY);
	look(o, half, T0 + 6 * DAY);
	assert_int_equal(until(o, half, 5, false, T0 + 6 * DAY), T0 + 8 * DAY);
	offered_close(o);
}

/* Of a package with more advisories than are told apart, none is lost. */
static void test_merged(void **state)
{
	static char ids[PATCH_MARKS_MAX + 10][28];
	struct advisory_line lines[PATCH_MARKS_MAX + 10];
	size_t n = PATCH_MARKS_MAX + 10;
	struct findings *f;
	const struct patch *p;
	bool worst = false;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		snprintf(ids[i], sizeof(ids[i]), "CVE-%02zu", i);
		lines[i] = (struct advisory_line)LINE(ids[i], "2",
						      i ? SEVERITY_LOW : SEVERITY_CRITICAL);
	}
	f = by_feed(lines, n, "1");
	p = findings_list(f, &n);
	assert_int_equal(n, 1);
	assert_true(p->n_marks > PATCH_MARKS_MAX && p->n_marks <= PATCH_MARKS_MAX + SEVERITIES);
	for (size_t i = 0; i < p->n_marks; i++)
		worst |= findings_marks(f, p)[i].severity == SEVERITY_CRITICAL;
	assert_true(worst);
	findings_free(f);
}

/* What is due and what else is amiss: whichever comes first. */
static void test_judged(void **state)
{
	const struct verdict met = { .standing = STANDING_MET };
	const struct verdict grace = { STANDING_GRACE, T0 - HOUR, T0 + HOUR };
	struct verdict v = judge_due(met, T0 - DAY, T0 + DAY, T0);

	(void)state;
	assert_int_equal(v.standing, STANDING_GRACE);
	assert_int_equal(v.since, T0 - DAY);
	assert_int_equal(v.until, T0 + DAY);
	assert_int_equal(judge_due(met, T0 - DAY, T0, T0).standing, STANDING_BREACHED);
	v = judge_due(grace, T0 - DAY, T0 + DAY, T0);
	assert_int_equal(v.standing, STANDING_GRACE);
	assert_int_equal(v.since, T0 - DAY);
	assert_int_equal(v.until, T0 + HOUR);
	assert_int_equal(judge_due(grace, T0 - DAY, T0 + DAY, T0 + HOUR).standing,
			 STANDING_BREACHED);
	assert_int_equal(judge_due(grace, T0 - DAY, T0 - 1, T0).standing, STANDING_BREACHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),	   cmocka_unit_test(test_installed),
		cmocka_unit_test(test_monotone),   cmocka_unit_test(test_reachable),
		cmocka_unit_test(test_advisories), cmocka_unit_test(test_merged),
		cmocka_unit_test(test_judged),
	};

	return cmocka_run_group_tests(tests, open_root, close_root);
}
