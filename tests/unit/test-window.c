// SPDX-License-Identifier: GPL-2.0-or-later
/* Windows of maintenance: as text, and over days, weeks and changes of the clock. */
#include <stdlib.h>
#include <time.h>

#include "agent/base/count.h"
#include "policy/window.h"
#include "tests/unit/test.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define HOUR   3600
#define DAY    (24 * HOUR)
#define SUN    1u
#define MON    2u
#define SAT    64u

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		struct window want;
	} good[] = {
		{ "02:00-04:00", { 127, 120, 240 } },
		{ "Mon 02:00-04:00", { MON, 120, 240 } },
		{ "Mon-Fri 02:00-04:00", { 62, 120, 240 } },
		{ "mon-FRI,Sun 02:00-04:00", { 63, 120, 240 } },
		{ "Sat-Mon 22:30-01:30", { SAT | SUN | MON, 1350, 90 } },
		{ "00:00-24:00", { 127, 0, 1440 } },
	};
	static const char *const bad[] = {
		"",
		"02:00",
		"2:00-4:00",
		"02:00-04:60",
		"25:00-26:00",
		"24:30-25:00",
		"02:00-02:00",
		"02:00-04:00 ",
		" 02:00-04:00",
		"Mon02:00-04:00",
		"Mon, 02:00-04:00",
		"Mon,-Fri 02:00-04:00",
		"Monday 02:00-04:00",
		"Mon-x 02:00-04:00",
		"Mon 02:00-04:00,05:00-06:00",
		"24:00-02:00",
		"22:00-00:00",
		"-1:00-02:00",
		"Mon",
	};
	struct window w;

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		assert_int_equal(window_parse(good[i].text, &w), 0);
		assert_int_equal(w.days, good[i].want.days);
		assert_int_equal(w.from, good[i].want.from);
		assert_int_equal(w.to, good[i].want.to);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (window_parse(bad[i], &w) == 0)
			fail_msg("\"%s\" passes for a window", bad[i]);
}

static int64_t utc(int year, int month, int day, int hour, int minute)
{
	struct tm t = { .tm_year = year - 1900,
			.tm_mon = month - 1,
			.tm_mday = day,
			.tm_hour = hour,
			.tm_min = minute };

	return timegm(&t);
}

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

/* In Berlin; 2026-11-21 is a Saturday.  from and to are hours after it began there. */
static void test_next(void **state)
{
	static const struct {
		const char *text;
		double now, from, to;
	} rows[] = {
		{ "02:00-04:00", 0, 2, 4 },
		{ "02:00-04:00", 2, 2, 4 },
		{ "02:00-04:00", 3.99, 2, 4 },
		{ "02:00-04:00", 4, 26, 28 },
		{ "22:00-02:00", 0.5, -2, 2 },
		{ "22:00-02:00", 2, 22, 26 },
		{ "Sat 22:00-02:00", 0.5, 22, 26 },
		{ "Fri 22:00-02:00", 0.5, -2, 2 },
		{ "Mon-Fri 02:00-04:00", 1, 50, 52 },
		{ "Sat 02:00-04:00", 5, 7 * 24 + 2, 7 * 24 + 4 },
		{ "00:00-24:00", 3, 0, 24 },
	};
	const int64_t sat = utc(2026, 11, 20, 23, 0);

	(void)state;
	zone(BERLIN);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t from = 0, to = 0;
		struct window w;

		assert_int_equal(window_parse(rows[i].text, &w), 0);
		assert_true(window_next(&w, 1, sat + (int64_t)(rows[i].now * HOUR), &from, &to));
		if (from != sat + (int64_t)rows[i].from * HOUR ||
		    to != sat + (int64_t)rows[i].to * HOUR)
			fail_msg("row %zu: %+lld to %+lld h", i, (long long)(from - sat) / HOUR,
				 (long long)(to - sat) / HOUR);
	}
}

static void test_several(void **state)
{
	struct window w[2];
	int64_t from, to;
	const int64_t sat = utc(2026, 11, 20, 23, 0);

	(void)state;
	zone(BERLIN);
	assert_false(window_next(NULL, 0, sat, &from, &to));
	assert_int_equal(window_parse("Sun 01:00-02:00", &w[0]), 0);
	assert_int_equal(window_parse("Sat 20:00-21:00", &w[1]), 0);
	assert_true(window_next(w, 2, sat, &from, &to));
	assert_int_equal(from, sat + 20 * HOUR);
	assert_true(window_next(w, 2, to, &from, &to));
	assert_int_equal(from, sat + 25 * HOUR);
}

/* On 2026-03-29 two o'clock is three; on 2026-10-25 it is two o'clock twice. */
static void test_clock_changes(void **state)
{
	int64_t from, to;
	struct window w;

	(void)state;
	zone(BERLIN);
	assert_int_equal(window_parse("02:00-04:00", &w), 0);
	assert_true(window_next(&w, 1, utc(2026, 3, 28, 23, 30), &from, &to));
	assert_int_equal(to, utc(2026, 3, 29, 2, 0));
	assert_true(from >= utc(2026, 3, 29, 0, 0) && from <= utc(2026, 3, 29, 1, 0));
	assert_true(window_next(&w, 1, utc(2026, 10, 24, 22, 30), &from, &to));
	assert_int_equal(to, utc(2026, 10, 25, 3, 0));
	assert_true(to - from == 2 * HOUR || to - from == 3 * HOUR);
	/* An hour that the day does not have is no window of another day's length. */
	assert_int_equal(window_parse("02:00-03:00", &w), 0);
	assert_true(window_next(&w, 1, utc(2026, 3, 28, 23, 30), &from, &to));
	assert_true(to - from <= HOUR);
}

/* Whatever the window, time and zone: it is the next one, and open as long as it says. */
static void test_property(void **state)
{
	static const char *const zones[] = { "UTC", BERLIN, "EST5EDT,M3.2.0,M11.1.0", "NPT-5:45" };

	(void)state;
	srandom(3);
	for (int i = 0; i < 20000; i++) {
		const struct window w = { .days = (uint8_t)(1 + random() % 127),
					  .from = (uint16_t)(random() % 1440),
					  .to = (uint16_t)(1 + random() % 1440) };
		int64_t now = utc(2026, 1, 1, 0, 0) + random() % (400 * DAY), from, to, again, end;
		struct tm tm;
		time_t at;

		if (w.from == w.to)
			continue;
		zone(zones[random() % 4]);
		assert_true(window_next(&w, 1, now, &from, &to));
		assert_true(from < to && now < to && to - from <= DAY + HOUR);
		assert_true(from <= now + 8 * DAY);
		at = from;
		localtime_r(&at, &tm);
		assert_true(w.days >> tm.tm_wday & 1);
		/* From any moment within it is the same. */
		assert_true(window_next(&w, 1, from + random() % (to - from), &again, &end));
		assert_true(again == from && end == to);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	 cmocka_unit_test(test_next),
		cmocka_unit_test(test_several),	 cmocka_unit_test(test_clock_changes),
		cmocka_unit_test(test_property),
	};

	return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
