// SPDX-License-Identifier: GPL-2.0-or-later
/* What is remembered by clocks that leap, or that were wrong. */
#include <unistd.h>

#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/ledger.h"
#include "agent/memory.h"
#include "tests/unit/ledgers.h"
#include "tests/unit/test.h"

/* An entry after the release tells how late it was; one before it may be of a clock that was wrong.
 */
static void test_remembers_how_late(void **state)
{
	static const struct entry rows[] = {
		{ .kind = ENTRY_STATE, .at = 9000, .name = "quarantined", .value = 9000 },
		{ .kind = ENTRY_RELEASE, .at = 1000, .name = "granted", .value = 4600 },
		{ .kind = ENTRY_RELEASE, .at = 1000, .name = "ends", .value = 5000 },
		{ .kind = ENTRY_STATE, .at = 2000, .name = "released", .value = 2000 },
	};
	struct fault fault = { 0 };
	struct ledger *l = NULL;
	struct memory *m;

	(void)state;
	unlink(file("ledger"));
	assert_int_equal(ledger_open(folder, ignore, NULL, &l, &fault), 0);
	for (size_t i = 0; i < COUNT(rows); i++)
		ledger_add(l, &rows[i]);
	assert_int_equal(ledger_sync(l), 0);
	ledger_close(l);

	m = reopen(NULL, 0);
	assert_int_equal(memory_leave(m)->granted, 1000);
	assert_int_equal(memory_leave(m)->seen, 2000);
	assert_true(leave_set_back(memory_leave(m), 1900));
	assert_false(leave_set_back(memory_leave(m), 2000));
	memory_leap(m, -500);
	assert_int_equal(memory_leave(m)->seen, 1500);
	memory_close(m);
}

static void test_the_clock_leaps(void **state)
{
	struct memory *m = anew();

	(void)state;
	fail_since(m, "antivirus", 1000);
	move(m, STATE_QUARANTINED, 1100);
	memory_leap(m, 86400);
	fail_since(m, "patches", 90000);
	assert_int_equal(memory_past(m, "antivirus")->since, 87400);
	assert_int_equal(memory_keep(m), 0);
	m = reopen(m, 0);
	assert_int_equal(memory_past(m, "antivirus")->since, 87400);
	assert_int_equal(memory_past(m, "patches")->since, 90000);
	assert_int_equal(memory_history(m)->since, 87500);
	assert_int_equal(memory_history(m)->quarantined[0], 87500);
	memory_close(m);
}

/* A host whose clock has no battery starts in another year each time. */
static void test_starts_in_the_past(void **state)
{
	const int64_t now = io_now(), year = 365 * 86400;
	const struct requirement req = { .id = "firewall",
					 .remedies = { REMEDY_FIREWALL_ENABLE },
					 .n_remedies = 1 };
	struct memory *m = anew();

	(void)state;
	fail_since(m, "antivirus", now - 1000);
	move(m, STATE_QUARANTINED, now - 900);
	ladder_look(memory_ladder(m, &req), &req, false, &(struct probes){ 0 }, now, 0);
	memory_ladder(m, &req)->not_before = now + 300;
	memory_climbed(m, &req);
	memory_tell(m, ENTRY_RELEASE, "granted", now + 3600, "by the helpdesk");
	memory_tell(m, ENTRY_RELEASE, "ends", 1ll << 40, "%s", "");
	assert_int_equal(memory_keep(m), 0);

	m = reopen(m, 0);
	assert_int_equal(memory_resume(m, now + 5), 0);
	assert_int_equal(memory_resume(m, now - 10), 0); /* time-keeping */
	assert_int_equal(memory_resume(m, now - year), year);
	assert_int_equal(memory_keep(m), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(memory_past(m, "antivirus")->since, now - year - 1000);
		assert_int_equal(memory_history(m)->since, now - year - 900);
		assert_int_equal(memory_history(m)->quarantined[0], now - year - 900);
		assert_int_equal(ladder_due(memory_ladder(m, &req), &req), now - year + 300);
		assert_true(leave_set_back(memory_leave(m), now - year));
		m = reopen(m, 0);
	}
	/* The network tells it what time it is. */
	memory_leap(m, year);
	assert_int_equal(memory_keep(m), 0);
	m = reopen(m, 0);
	assert_int_equal(memory_past(m, "antivirus")->since, now - 1000);
	memory_close(m);
}

/* A host whose clock is two hours ahead at each start, until the network sets it right. */
static void test_starts_ahead(void **state)
{
	const int64_t now = io_now(), off = 7200;
	struct memory *m = anew();

	(void)state;
	fail_since(m, "antivirus", now - 1000);
	move(m, STATE_QUARANTINED, now - 900);
	memory_tell(m, ENTRY_RELEASE, "granted", now + 86400, "by the helpdesk");
	memory_tell(m, ENTRY_RELEASE, "ends", 1ll << 40, "%s", "");
	assert_int_equal(memory_keep(m), 0);

	m = reopen(m, 0);
	assert_int_equal(memory_resume(m, now + 60 + off), 0);
	fail_since(m, "patches", now + 70 + off);
	move(m, STATE_RELEASED, now + 70 + off);
	memory_leap(m, -off);
	assert_int_equal(memory_keep(m), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(memory_past(m, "antivirus")->since, now - 1000);
		assert_int_equal(memory_past(m, "patches")->since, now + 70);
		assert_int_equal(memory_history(m)->since, now + 70);
		assert_int_equal(memory_history(m)->quarantined[0], now - 900);
		assert_int_equal(memory_leave(m)->until, now + 86400);
		m = reopen(m, 0);
	}

	/* Whoever sets it back while we look gets no more than was gone while nobody did. */
	assert_int_equal(memory_resume(m, now + 60 + off), 0);
	memory_leap(m, -off / 2);
	assert_int_equal(memory_past(m, "antivirus")->since, now - 1000);
	memory_leap(m, -off);
	assert_int_equal(memory_past(m, "antivirus")->since, now - 1000 - off);
	memory_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remembers_how_late),
		cmocka_unit_test(test_the_clock_leaps),
		cmocka_unit_test(test_starts_in_the_past),
		cmocka_unit_test(test_starts_ahead),
	};

	return cmocka_run_group_tests_name("memory-clock", tests, make_folder, drop_folder);
}
