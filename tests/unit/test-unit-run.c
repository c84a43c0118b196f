// SPDX-License-Identifier: GPL-2.0-or-later
/* What of a unit runs: its processes, what they are, and what lazaret-witness tells of them. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "agent/base/count.h"
#include "agent/posture/unit.h"
#include "agent/posture/watched.h"
#include "agent/posture/witnessed.h"
#include "tests/unit/test.h"
#include "tests/unit/unithost.h"

#define INSTANCES "sys/fs/cgroup/system.slice/system-my\\x2dscanner.slice/"

static void test_instance(void **state)
{
	static const struct provider_unit scan = { .name = "my-scanner@a-b.service",
						   .program = "/usr/sbin/worker" };
	struct unit_run run;

	(void)state;
	fresh();
	put(INSTANCES "my-scanner@other.service/cgroup.procs", "78\n");
	put("proc/78/stat", "78 (worker) S 1 2\n");
	unit_run_look(root, &scan, &run);
	assert_false(run.seen);
	put(INSTANCES "my-scanner@a-b.service/cgroup.procs", "78\n");
	unit_run_look(root, &scan, &run);
	assert_true(run.seen);
	assert_false(run.starved);
	put(INSTANCES "cpu.max", "4999 100000\n");
	unit_run_look(root, &scan, &run);
	assert_true(run.slice_starved);
	assert_false(run.starved);
	assert_int_equal(run.pid, 78);
}

static void test_run(void **state)
{
	struct unit_run run;

	(void)state;
	fresh();
	unit_run_look(root, &of, &run);
	assert_false(run.seen);
	put(CGROUP "cgroup.events", "populated 1\nfrozen 0\n");
	put(CGROUP "cgroup.procs", "77\n78\n79\n80\n");
	put("proc/77/stat", "77 (sh) S 1 2\n");
	put("proc/78/stat", "78 (worker) T 1 2\n");
	put("proc/79/stat", "79 (x) (worker) S 1\n"); /* a name that pretends */
	put("proc/80/stat", "80 (helper) S 1 2\n");
	unit_run_look(root, &of, &run);
	assert_true(run.seen);
	assert_false(run.frozen);
	assert_int_equal(run.pid, 78);
	assert_int_equal(run.state, 'T');
	assert_false(run.starved);
	put(CGROUP "cpu.max", "max 100000\n");
	unit_run_look(root, &of, &run);
	assert_false(run.starved);
	put("sys/fs/cgroup/lazaret.slice/cpu.max", "1000 100000\n"); /* it is not in there */
	unit_run_look(root, &of, &run);
	assert_false(run.starved);
	put("sys/fs/cgroup/system.slice/cpu.max", "1000 100000\n");
	unit_run_look(root, &of, &run);
	assert_true(run.slice_starved);
	assert_false(run.starved); /* no restart of it would lift that */
	put("sys/fs/cgroup/system.slice/cpu.max", "5000 100000\n");
	unit_run_look(root, &of, &run);
	assert_false(run.slice_starved);
	put(CGROUP "cpu.max", "1000 100000\n");
	unit_run_look(root, &of, &run);
	assert_true(run.starved);
	assert_false(run.slice_starved);
	put("proc/78/stat", "78 (worker) S 1 2\n");
	put("proc/80/stat", "80 (helper) T 1 2\n");
	unit_run_look(root, &of, &run);
	assert_int_equal(run.pid, 80);
	assert_true(unit_run_is_stopped(&run));
	put("proc/80/stat", "80 (helper) S 1 2\n");
	assert_int_equal(unit_cpu_us(root, of.name), -1);
	put(CGROUP "cpu.stat", "usage_usec 12345\nuser_usec 1\n");
	assert_int_equal(unit_cpu_us(root, of.name), 12345);
	put("proc/78/stat", "78 (worker) Z 1 2\n");
	put(CGROUP "cgroup.events", "populated 1\nfrozen 1\n");
	unit_run_look(root, &of, &run);
	assert_true(run.frozen);
	assert_int_equal(run.pid, 0);

	/* One that has its processes in cgroups of its own. */
	put(CGROUP "cgroup.procs", "");
	put(CGROUP "scanner/cgroup.procs", "80\n");
	put(CGROUP "engine/cgroup.procs", "81\n");
	put("proc/81/stat", "81 (worker) S 1 2\n");
	unit_run_look(root, &of, &run);
	assert_int_equal(run.pid, 81);
	put("proc/80/stat", "80 (helper) T 1 2\n");
	unit_run_look(root, &of, &run);
	assert_int_equal(run.pid, 80);
	assert_true(unit_run_is_stopped(&run));
}

/* A name is what a process calls itself. */
static void test_executable(void **state)
{
	static const struct {
		const char *comm, *exe; /* NULL: it may not be seen */
		bool runs;
	} rows[] = {
		{ "worker", NULL, true },
		{ "other", NULL, false },
		{ "worker", "->/usr/sbin/worker", true },
		{ "other", "->/usr/sbin/worker", true },
		{ "worker", "->/usr/sbin/worker (deleted)", true },
		{ "worker", "->/usr/lib/real/worker (deleted)", true }, /* where the link leads */
		{ "worker", "->/tmp/worker", false },
		{ "worker", "->/tmp/worker (deleted)", false },
		{ "worker", "->/usr/bin/sleep", false },
		{ "worker", "->relative/worker", true },
	};
	struct unit_run run;

	(void)state;
	fresh();
	put(CGROUP "cgroup.procs", "78\n");
	put("usr/lib/real/worker", "ELF");
	put("usr/bin/sleep", "ELF");
	put("usr/sbin/worker", "->../lib/real/worker");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char stat[40];

		snprintf(stat, sizeof(stat), "78 (%s) S 1 2\n", rows[i].comm);
		put("proc/78/stat", stat);
		if (rows[i].exe)
			put("proc/78/exe", rows[i].exe);
		unit_run_look(root, &of, &run);
		if (run.pid != (rows[i].runs ? 78 : 0))
			fail_msg("row %zu: %d", i, (int)run.pid);
	}
	/* A script's executable is what reads it. */
	put("usr/lib/real/worker", "#!/usr/bin/python3\n");
	put("proc/78/exe", "->/usr/bin/python3.11");
	unit_run_look(root, &of, &run);
	assert_int_equal(run.pid, 78);
	put("proc/78/stat", "78 (other) S 1 2\n");
	unit_run_look(root, &of, &run);
	assert_int_equal(run.pid, 0);
}

static void test_watched(void **state)
{
	(void)state;
	fresh();
	assert_int_equal(watched_places(root, 78), 0); /* it has just ended */
	put("proc/1/ns/mnt", "everybody's");
	put("proc/78/ns/mnt", "->../../1/ns/mnt");
	put("proc/78/fdinfo/1", "pos:\t0\nflags:\t02\n");
	assert_int_equal(watched_places(root, 78), 0);
	put("proc/78/fdinfo/5", "fanotify flags:10\nfanotify mnt_id:1 mflags:0\n"
				"fanotify ino:2 sdev:3\nfanotify sdev:4\n");
	put("proc/78/fdinfo/6", "fanotify ino:9 sdev:3\n");
	assert_int_equal(watched_places(root, 78), 4);
	put("proc/77/ns/mnt", "its own");
	put("proc/77/fdinfo/5", "fanotify mnt_id:1 mflags:0\nfanotify ino:2 sdev:3\n");
	assert_int_equal(watched_places(root, 77), 1);
	put("proc/77/ns/mnt", "->mnt");
	assert_int_equal(watched_places(root, 77), -ELOOP);
	put("proc/79/fdinfo", "");
	assert_int_equal(watched_places(root, 79), -ENOTDIR);
}

/* As lazaretd sees a unit of others: numbers, and nothing behind them. */
static void test_witnessed(void **state)
{
	static const struct {
		const char *line;
		long now;
		int err;
		pid_t pid;
		char state;
		bool news;
	} rows[] = {
		{ "watches maker 1", 1000, -ENODATA, 77, 0, false },
		{ "process maker a-b.service 78 S", 1000, 0, 78, 'S', true },
		{ "process maker a-b.service 78 R", 1000, 0, 78, 'R', false },
		{ "process maker a-b.service 78 T", 1000, 0, 78, 'T', true },
		{ "process maker a-b.service 78 S", 1000 + WITNESSED_MAX_AGE, 0, 78, 'S', true },
		{ "process maker a-b.service 78 S", 1001 + WITNESSED_MAX_AGE, -ENODATA, 77, 0,
		  false },
		{ "process maker a-b.service 78 S", 999, -ENODATA, 77, 0, false },
		{ "process maker a-b.service 76 S", 1000, -EAGAIN, 77, 0, true },
		{ "process maker a-b.service 77 -", 1000, 0, 0, 0, true },
		{ "process maker a-b.service -5 S", 1000, 0, 0, 0, false },
		{ "process maker other.service 78 S", 1000, 0, 0, 0, true },
	};
	const struct provider maker = { .name = "maker" };
	struct remembered *k = remembered_new();
	char line[WITNESSED_LINE];
	struct unit_run run;

	(void)state;
	fresh();
	put(CGROUP "cgroup.procs", "77\n78\n");
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool news = false;

		witnessed_hear(k, rows[i].line, 1000, &news);
		unit_run_look(root, &of, &run);
		assert_int_equal(run.n_hidden, 2);
		if (witnessed_complete(k, &maker, &of, rows[i].now, &run) != rows[i].err ||
		    news != rows[i].news || run.pid != rows[i].pid || run.state != rows[i].state)
			fail_msg("row %zu: %d %c", i, (int)run.pid, run.state);
	}
	/* What the one says the other hears. */
	run = (struct unit_run){ .pid = 77, .state = 't' };
	witnessed_say(&maker, &of, &run, line);
	assert_string_equal(line, "process maker a-b.service 77 t");
	run.state = 0;
	witnessed_say(&maker, &of, &run, line);
	assert_string_equal(line, "process maker a-b.service 77 -");
	remembered_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instance),   cmocka_unit_test(test_run),
		cmocka_unit_test(test_executable), cmocka_unit_test(test_watched),
		cmocka_unit_test(test_witnessed),
	};

	return cmocka_run_group_tests_name("unit-run", tests, set_up, tear_down);
}
