// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a host makes of a token that is signed: for another host, used, too late, too long, after a
 * restart, with the clock set.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/leave.h"
#include "tests/unit/test.h"

static const uint8_t host[HOST_ID] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 255 };

static void drop(void *ctx, const char *name, int64_t value, const char *text)
{
	(void)ctx, (void)name, (void)value, (void)text;
}

#define NOW  1000000
#define BOOT 5000 /* seconds */
#define MAX  7200

static struct moment after(int64_t wall, int64_t boot)
{
	return (struct moment){ NOW + wall, (uint64_t)(BOOT + boot) * 1000 };
}

static struct leave asked(void)
{
	struct leave l = { .nonce = 0 };

	leave_ask(&l, 77, NOW, drop, NULL);
	return l;
}

static struct vet_told told(uint32_t seconds)
{
	struct vet_told t = { .nonce = 77, .seconds = seconds, .who = "abcd" };

	memcpy(t.host, host, HOST_ID);
	return t;
}

static void test_check(void **state)
{
	const struct release_rule rule = { .max = MAX };
	static const struct {
		const char *what;
		int want;
		uint8_t flip;
		uint64_t nonce;
		uint32_t seconds;
		int64_t later;
	} rows[] = {
		{ "good", 0, 0, 77, MAX, 0 },
		{ "other host", -EPERM, 1, 77, MAX, 0 },
		{ "other challenge", -EPERM, 0, 78, MAX, 0 },
		{ "no challenge", -EPERM, 0, 0, MAX, 0 },
		{ "too long", -EPERM, 0, 77, MAX + 1, 0 },
		{ "no time at all", -EPERM, 0, 77, 0, 0 },
		{ "nearly a day later", 0, 0, 77, 1, LEAVE_CHALLENGE_LIFE - 1 },
		{ "a day later", -EPERM, 0, 77, 1, LEAVE_CHALLENGE_LIFE },
		{ "before it was asked", -EPERM, 0, 77, 1, -3600 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct leave l = asked();
		struct vet_told t = told(rows[i].seconds);
		struct fault fault = { 0 };

		t.nonce = rows[i].nonce;
		t.host[3] ^= rows[i].flip;
		if (leave_check(&l, &t, host, &rule, NOW + rows[i].later, &fault) != rows[i].want)
			fail_msg("%s: %s", rows[i].what, fault.why);
	}
}

static void test_single_use(void **state)
{
	const struct release_rule rule = { .max = MAX };
	struct leave l = asked();
	struct vet_told t = told(60);

	(void)state;
	leave_grant(&l, &t, after(0, 0), drop, NULL);
	assert_int_equal(leave_check(&l, &t, host, &rule, NOW, NULL), -EPERM);
	t.nonce = 0;
	assert_int_equal(leave_check(&l, &t, host, &rule, NOW, NULL), -EPERM);
	leave_end(&l, "by root", drop, NULL);
	assert_int_equal(leave_left(&l, after(1, 1)), 0);
}

/* What is left, by the clock and by the time since boot. */
static void test_left(void **state)
{
	static const struct {
		const char *what;
		int64_t wall, boot;
		uint64_t want;
		int64_t seen;
	} rows[] = {
		{ "at once", 0, 0, 3600, 0 },
		{ "later", 600, 600, 3000, 0 },
		{ "over", 3600, 3600, 0, 0 },
		{ "clock set back while nobody looked", 0, 600, 3000, 0 },
		{ "clock set back a little, all the time used", -20, 3600, 0, 0 },
		{ "clock set back before it began", -86400, 600, 0, 0 },
		{ "clock set forward", 7200, 600, 0, 0 },
		{ "after a reboot", 600, -4900, 3000, 0 },
		{ "after a reboot, and it was off for long", 4000, -4900, 0, 0 },
		{ "after a reboot, as late as was seen", 700, -4900, 2900, 700 },
		{ "after a reboot, the clock set back", 600, -4900, 0, 700 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct leave l = asked();
		struct vet_told t = told(3600);

		leave_grant(&l, &t, after(0, 0), drop, NULL);
		l.seen = rows[i].seen ? NOW + rows[i].seen : 0;
		if (leave_left(&l, after(rows[i].wall, rows[i].boot)) != rows[i].want)
			fail_msg("%s", rows[i].what);
	}
}

static void test_wait(void **state)
{
	struct leave l = { .nonce = 0 };
	uint64_t before = 0, now = 1000;

	(void)state;
	for (int i = 1; i < 40; i++) {
		uint64_t wait;

		leave_refuse(&l, 1000, "wrong", now, drop, NULL);
		wait = leave_wait(&l, 1000, now);
		assert_true(i == 1 ? wait == 0 : wait >= 2 && wait <= LEAVE_WAIT_MAX);
		assert_true(wait >= before && (i < 2 || wait <= 2 * before || before == 0));
		assert_int_equal(leave_wait(&l, 1000, now + wait * 1000), 0);
		assert_int_equal(leave_wait(&l, 0, now), 0);
		assert_int_equal(leave_wait(&l, 1001, now), 0);
		before = wait;
		now += 10;
	}
	assert_int_equal(before, LEAVE_WAIT_MAX);
	assert_int_equal(leave_wrong(&l), 39);
}

/* A person who is thousands of users tries for a day, each time that one of them may. */
static void test_many_users(void **state)
{
	struct leave l = { .nonce = 0 };
	unsigned tries = 0;
	uint64_t now = 0;

	(void)state;
	for (; now < 86400; now++) {
		for (uid_t who = 100000; who < 100020; who++) {
			if (leave_wait(&l, who + (uid_t)now % 60000, now * 1000))
				continue;
			leave_refuse(&l, who + (uid_t)now % 60000, "wrong", now * 1000, drop, NULL);
			tries++;
		}
		assert_int_equal(leave_wait(&l, 0, now * 1000), 0);
	}
	assert_in_range(tries, 1000, LEAVE_USERS * (86400 / LEAVE_WAIT_MAX + 12));
	print_message("%u tries a day\n", tries);
}

struct book {
	struct leave *into;
	uint64_t boot_ms;
};

static void write_down(void *ctx, const char *name, int64_t value, const char *text)
{
	const struct book *b = ctx;
	struct entry e = { .kind = ENTRY_RELEASE, .at = NOW, .value = value };

	snprintf(e.name, sizeof(e.name), "%s", name);
	snprintf(e.text, sizeof(e.text), "%s", text);
	leave_recall(b->into, &e, b->boot_ms);
}

static void write_again(void *ctx, const struct entry *e)
{
	const struct book *b = ctx;

	assert_true(e->kept && e->kind == ENTRY_RELEASE);
	leave_recall(b->into, e, b->boot_ms);
}

static bool same(const struct leave *a, const struct leave *b)
{
	char of_a[WIRE_REPORT_MAX], of_b[WIRE_REPORT_MAX];

	leave_report(a, host, of_a);
	leave_report(b, host, of_b);
	return !strcmp(of_a, of_b) && a->nonce == b->nonce && (!a->nonce || a->asked == b->asked) &&
	       a->until == b->until &&
	       (!a->until ||
		(a->granted == b->granted && a->ends == b->ends && !strcmp(a->why, b->why))) &&
	       !memcmp(a->tries, b->tries, sizeof(a->tries));
}

/* Whatever happens, a restart knows the same, from the ledger and from what was repeated in it. */
static void test_restart(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 300; round++) {
		struct leave l = { .nonce = 0 }, again = { .nonce = 0 }, brief = { .nonce = 0 };
		struct book book = { &again, BOOT * 1000 }, third = { &brief, BOOT * 1000 };
		struct vet_told t = told(60);

		for (int i = rand() % 40; i > 0; i--) {
			switch (rand() % 5) {
			case 0: leave_ask(&l, 1 + (uint64_t)rand(), NOW, write_down, &book); break;
			case 1: leave_grant(&l, &t, after(0, 0), write_down, &book); break;
			case 2:
				leave_refuse(&l, (uid_t)rand() % 12, "wrong", BOOT * 1000,
					     write_down, &book);
				break;
			case 3:
				if (l.until)
					leave_end(&l, "over", write_down, &book);
				break;
			case 4: leave_reported(&l, write_down, &book); break;
			}
		}
		leave_repeat(&again, write_again, &third);
		assert_true(same(&l, &again) && same(&again, &brief));
	}
}

/* Each release and each wrong try is told, and told once. */
static void test_report(void **state)
{
	struct leave l = asked();
	struct vet_told t = told(60);
	char text[WIRE_REPORT_MAX];

	(void)state;
	leave_report(&l, host, text);
	assert_string_equal(text, "");
	leave_refuse(&l, 7, "wrong", BOOT * 1000, drop, NULL);
	leave_report(&l, host, text);
	assert_non_null(strstr(text, "; wrong=1"));
	assert_null(strstr(text, "released"));
	leave_reported(&l, drop, NULL);
	leave_report(&l, host, text);
	assert_string_equal(text, "");
	leave_grant(&l, &t, after(0, 0), drop, NULL);
	leave_end(&l, "over", drop, NULL);
	leave_report(&l, host, text);
	assert_non_null(strstr(text, "; released=1970-01-12T13:46:40Z; wrong=0"));
	leave_reported(&l, drop, NULL);
	leave_refuse(&l, 0, "wrong", BOOT * 1000, drop, NULL);
	leave_report(&l, host, text);
	assert_non_null(strstr(text, "; wrong=1"));
	assert_null(strstr(text, "released"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check),	cmocka_unit_test(test_single_use),
		cmocka_unit_test(test_left),	cmocka_unit_test(test_wait),
		cmocka_unit_test(test_restart), cmocka_unit_test(test_many_users),
		cmocka_unit_test(test_report),
	};

	return cmocka_run_group_tests_name("leave", tests, NULL, NULL);
}
