// SPDX-License-Identifier: GPL-2.0-or-later
/* What is remembered through restarts, and for how long. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/wire.h"
#include "agent/daemon.h"
#include "agent/history.h"
#include "agent/ledger.h"
#include "agent/memory.h"
#include "tests/unit/ledgers.h"
#include "tests/unit/test.h"

static void test_remembers(void **state)
{
	struct requirement only = { .id = "patches" };
	struct memory *m = anew();
	struct seen seen;

	(void)state;
	fail_since(m, "antivirus", 77);
	fail_since(m, "patches", 88);
	move(m, STATE_QUARANTINED, 90);
	memory_tell(m, ENTRY_REPAIR, "antivirus", -EIO, "antivirus-start: %s", "no");
	assert_int_equal(memory_keep(m), 0);
	fail_since(m, "patches", 99); /* never kept */

	m = reopen(m, 0);
	assert_int_equal(memory_past(m, "antivirus")->since, 77);
	assert_int_equal(memory_past(m, "patches")->since, 88);
	assert_int_equal(memory_past(m, "firewall")->since, 0);
	assert_int_equal(memory_history(m)->state, STATE_QUARANTINED);
	assert_int_equal(memory_history(m)->since, 90);
	assert_int_equal(memory_history(m)->quarantined[0], 90);
	seen = all_of(m);
	assert_int_equal(seen.n, 4);
	assert_int_equal(seen.last.kind, ENTRY_REPAIR);
	assert_int_equal(seen.last.value, -EIO);
	assert_string_equal(seen.last.text, "antivirus-start: no");

	memory_prune(m, &only, 1);
	assert_int_equal(memory_keep(m), 0);
	m = reopen(m, 0);
	assert_int_equal(memory_past(m, "antivirus")->since, 0);
	assert_int_equal(memory_past(m, "patches")->since, 88);
	memory_close(m);
}

static void test_last_repairs(void **state)
{
	const struct repair *r;
	struct memory *m = anew();
	int64_t at;

	(void)state;
	assert_int_equal(memory_repairs(m, "a")->at, 0);
	memory_repaired(m, "a", 0, "antivirus-start", "done");
	memory_repaired(m, "b", -EIO, "firewall-enable", "no: \"such\" file");
	memory_repaired(m, "a", -EIO, "antivirus-enable", "failed");
	memory_repaired(m, "a", 0, "antivirus-restore", "done");
	memory_repaired(m, "a", 0, "antivirus-reinstall", "done");
	at = memory_repairs(m, "a")[2].at;
	memory_leap(m, 500);
	assert_int_equal(memory_keep(m), 0);
	for (int i = 0; i < 2; i++) {
		r = memory_repairs(m, "a");
		assert_string_equal(r[0].text, "antivirus-reinstall: done");
		assert_string_equal(r[1].text, "antivirus-restore: done");
		assert_string_equal(r[2].text, "antivirus-enable: failed");
		assert_int_equal(r[2].at, at + 500);
		r = memory_repairs(m, "b");
		assert_string_equal(r[0].text, "firewall-enable: no: \"such\" file");
		assert_int_equal(r[1].at, 0);
		m = reopen(m, 0);
	}
	memory_close(m);
}

static void test_no_hot_loop_by_restart(void **state)
{
	const struct requirement req = { .id = "firewall",
					 .remedies = { REMEDY_FIREWALL_ENABLE },
					 .n_remedies = 1 };
	struct memory *m = anew();
	enum remedy next;
	struct ladder *l = memory_ladder(m, &req);

	(void)state;
	ladder_look(l, &req, false, &(struct probes){ 0 }, 1000, 0);
	assert_int_equal(ladder_next(l, &req, 1000, &next), 1);
	ladder_begin(l, &req, next, 1000, 0);
	memory_climbed(m, &req);
	assert_int_equal(memory_keep(m), 0);

	m = reopen(m, 0);
	l = memory_ladder(m, &req);
	assert_int_equal(ladder_next(l, &req, 1000, &next), 0);
	assert_int_equal(ladder_due(l, &req), 1000 + LADDER_CRASH_WAIT);
	memory_leap(m, 500);
	assert_int_equal(memory_keep(m), 0);

	m = reopen(m, 0);
	assert_int_equal(ladder_due(memory_ladder(m, &req), &req), 1500 + LADDER_CRASH_WAIT);
	memory_close(m);
}

static void release(void *ctx, const char *name, int64_t value, const char *text)
{
	(void)text;
	memory_tell(ctx, ENTRY_RELEASE, name, value, "%s", "");
}

/* The trim that says once more what holds comes just when it is used up. */
static void test_used_up_in_a_trim(void **state)
{
	struct memory *m = anew();
	struct stat st, after;

	(void)state;
	tell_many(m, 800);
	leave_ask(memory_leave(m), 77, io_now(), release, m);
	assert_int_equal(memory_keep(m), 0);
	tell_many(m, 100);
	assert_int_equal(stat(file("ledger"), &st), 0);
	for (int i = 0; i < 150; i++)
		memory_tell(m, ENTRY_REPAIR, "x", i, "%0200d", i);
	assert_int_equal(leave_use_up(memory_leave(m), release, m), 77);
	assert_int_equal(memory_keep(m), 0);
	assert_int_equal(stat(file("ledger"), &after), 0);
	assert_true(after.st_size < st.st_size);
	m = reopen(m, 0);
	assert_int_equal(memory_leave(m)->nonce, 0);
	memory_close(m);
}

/* What holds is told once more, and what it was told by before may still be there. */
static void test_portals_count_once(void **state)
{
	struct memory *m = anew();

	(void)state;
	tell_many(m, 600);
	for (int64_t at = 100; at <= 300; at += 100) {
		portal_note(memory_portals(m), at);
		memory_tell(m, ENTRY_PORTAL, PORTAL_OPENED, at, "%s", "http://10.0.0.1/");
	}
	tell_many(m, 500);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(memory_portals(m)->opened[0], 300);
		assert_int_equal(memory_portals(m)->opened[1], 200);
		assert_int_equal(memory_portals(m)->opened[2], 100);
		assert_int_equal(memory_portals(m)->opened[3], 0);
		m = reopen(m, 0);
	}
	memory_close(m);
}

/*
 * A daemon with a child that it was just making, which has all of its descriptors.  They live no
 * longer than the test has its end of the line, so one that fails leaves nobody behind.
 */
static _Noreturn void hold(int line)
{
	struct fault fault = { 0 };
	struct memory *m = NULL;
	pid_t child;
	char c = 0;

	if (memory_open(folder, &m, &fault) < 0)
		_exit(1);
	fail_since(m, "a", 5);
	child = memory_keep(m) == 0 ? fork() : -1;
	if (child == 0 || (child > 0 && write(line, &c, 1) == 1))
		(void)!read(line, &c, 1);
	_exit(1);
}

/* Another process has it, until it is killed; its child is not it. */
static void test_one_at_a_time(void **state)
{
	struct fault fault = { 0 };
	struct memory *m = anew();
	pid_t daemon;
	int line[2];
	char c;

	(void)state;
	memory_close(m);
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM, 0, line), 0);
	daemon = fork();
	if (daemon == 0) {
		close(line[0]);
		hold(line[1]);
	}
	close(line[1]);
	assert_int_equal(read(line[0], &c, 1), 1);
	m = NULL;
	assert_int_equal(memory_open(folder, &m, &fault), -EBUSY);
	assert_null(m);
	assert_non_null(strstr(fault.why, "another lazaretd"));
	kill(daemon, SIGKILL);
	waitpid(daemon, NULL, 0);
	m = reopen(NULL, 0);
	assert_int_equal(memory_past(m, "a")->since, 5);
	memory_close(m);
	close(line[0]);
}

static void test_bounds(void **state)
{
	struct memory *m = anew();
	struct seen seen;
	struct stat st;
	char id[POLICY_ID_MAX];

	(void)state;
	for (int i = 0; i < POLICY_REQUIREMENTS; i++) {
		snprintf(id, sizeof(id), "r%d", i);
		fail_since(m, id, 5 + i);
	}
	assert_null(memory_past(m, "one-too-many"));
	for (int i = 0; i < 5000; i++) {
		memory_tell(m, ENTRY_REPAIR, "r7", i, "%0200d", i);
		if (i % 20 == 0)
			assert_int_equal(memory_keep(m), 0);
	}
	assert_int_equal(memory_keep(m), 0);
	assert_int_equal(stat(file("ledger"), &st), 0);
	assert_in_range(st.st_size, 100 * 1024, 300 * 1024);
	m = reopen(m, 0);
	assert_int_equal(memory_past(m, "r63")->since, 68);
	seen = all_of(m);
	assert_true(seen.last.number > 5000);
	memory_close(m);
}

/* The most that are told, each as long as one may be: the newest of them are an answer. */
static void test_long_history(void **state)
{
	struct daemon *d = calloc(1, sizeof(*d));
	char marks[ENTRY_TEXT];
	_free_ char *text = NULL;

	(void)state;
	memset(marks, '"', sizeof(marks) - 1);
	marks[sizeof(marks) - 1] = '\0';
	d->memory = anew();
	for (int i = 0; i < 500; i++) {
		memory_tell(d->memory, ENTRY_UNDONE, "a", i, "%s", i == 499 ? "the last" : marks);
		if (i % 50 == 49)
			assert_int_equal(memory_keep(d->memory), 0);
	}
	text = history_text(d);
	assert_in_range(strlen(text), CONTROL_REPLY_MAX / 2, CONTROL_REPLY_MAX);
	assert_non_null(strstr(text, "the last"));
	memory_close(d->memory);
	free(d);
}

/* Nothing can be put in its place, as when the disk has no inode left: it grows, and has an end. */
static void test_cannot_be_trimmed(void **state)
{
	struct memory *m = anew();
	struct stat st;
	off_t most = 0;
	int failed = 0;

	(void)state;
	fail_since(m, "first", 77);
	assert_int_equal(mkdir(file("ledger.new"), 0700), 0);
	for (int i = 0; i < 9000; i++) {
		memory_tell(m, ENTRY_REPAIR, "other", i, "%0200d", i);
		if (i % 10 == 9 && memory_keep(m) < 0)
			failed++;
		assert_int_equal(stat(file("ledger"), &st), 0);
		if (i == 900 || i == 1500) /* not more than what was told */
			assert_in_range(st.st_size, 200 * i, 300 * i);
		most = st.st_size > most ? st.st_size : most;
	}
	assert_in_range(most, 900 * 1024, 1024 * 1024);
	assert_true(failed > 0);
	m = reopen(m, 0);
	assert_int_equal(memory_past(m, "first")->since, 77);

	/* There is room again. */
	assert_int_equal(rmdir(file("ledger.new")), 0);
	for (int i = 0; i < 20; i++) {
		memory_tell(m, ENTRY_REPAIR, "other", i, "%0200d", i);
		assert_int_equal(memory_keep(m), 0);
	}
	assert_int_equal(stat(file("ledger"), &st), 0);
	assert_in_range(st.st_size, 100 * 1024, 600 * 1024);
	m = reopen(m, 0);
	assert_int_equal(memory_past(m, "first")->since, 77);
	memory_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remembers),
		cmocka_unit_test(test_last_repairs),
		cmocka_unit_test(test_no_hot_loop_by_restart),
		cmocka_unit_test(test_used_up_in_a_trim),
		cmocka_unit_test(test_portals_count_once),
		cmocka_unit_test(test_one_at_a_time),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_long_history),
		cmocka_unit_test(test_cannot_be_trimmed),
	};

	return cmocka_run_group_tests_name("memory", tests, make_folder, drop_folder);
}
