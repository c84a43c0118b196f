// SPDX-License-Identifier: GPL-2.0-or-later
/* What fails of an antivirus in root's eyes, and whether a package could mend it. */
#include "agent/base/count.h"
#include "agent/remedy/failing.h"
#include "tests/unit/clamav.h"

#define SLICE "sys/fs/cgroup/system.slice/"
#define UNIT  SLICE "clamav-daemon.service/"

/* One that runs and answers, as packaged. */
static void install_running(void)
{
	install();
	put("proc/77/stat", "77 (clamd) S 1 2\n", 0644);
	put(UNIT "cgroup.procs", "77\n", 0644);
	put(UNIT "cgroup.events", "populated 1\nfrozen 0\n", 0644);
	put(UNIT "cpu.max", "max 100000\n", 0644);
	put(SLICE "cpu.max", "max 100000\n", 0644);
}

static struct failing count(void)
{
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct host host = { .root = dir, .clamd = path, .now = NOW };

	return count_failing_of(&plain, &host);
}

static void test_elsewhere(void **state)
{
	static const struct fake fresh = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					   0 };
	static const struct fake stale = { "PONG", "ClamAV 1.4.6/27801/Thu Oct  1 08:00:00 2026", 0,
					   0 };
	static const struct {
		const char *file, *text;
		const struct fake *fake;
		size_t all, starved;
		bool elsewhere;
	} rows[] = {
		{ UNIT "cpu.max", "max 100000\n", &fresh, 0, 0, false },
		{ SLICE "cpu.max", "1000 100000\n", &fresh, 1, 1, true },
		{ SLICE "cpu.max", "1000 100000\n", &stale, 2, 1, true },
		{ UNIT "cpu.max", "max 100000\n", &stale, 1, 0, true },
		/* Its own limit goes with a restart. */
		{ UNIT "cpu.max", "1000 100000\n", &fresh, 1, 0, false },
		{ "etc/clamav/clamd.conf", "ScanELF no\n", &fresh, 1, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		pid_t pid = start(rows[i].fake);
		struct failing n;

		install_running();
		put(rows[i].file, rows[i].text, 0644);
		n = count();
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_int_equal(n.all, rows[i].all);
		assert_int_equal(n.starved, rows[i].starved);
		assert_int_equal(fails_elsewhere(&n), rows[i].elsewhere);
	}
}

/* What else keeps it from working is no slice's doing. */
static void test_starved_and_more(void **state)
{
	static const struct fake fake = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	static const struct {
		const char *file, *text;
	} rows[] = {
		{ UNIT "cgroup.procs", "" },
		{ UNIT "cgroup.events", "populated 1\nfrozen 1\n" },
		{ UNIT "cpu.max", "1000 100000\n" },
		{ "proc/77/stat", "77 (clamd) T 1 2\n" },
		{ "etc/clamav/clamd.conf", "ScanELF no\n" },
	};
	struct failing n;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		pid_t pid = start(&fake);

		install_running();
		put(SLICE "cpu.max", "1000 100000\n", 0644);
		put(rows[i].file, rows[i].text, 0644);
		n = count();
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_true(n.all > 0);
		assert_false(fails_elsewhere(&n));
	}
	/* It does not answer. */
	install_running();
	put(SLICE "cpu.max", "1000 100000\n", 0644);
	n = count();
	assert_int_equal(n.starved, 1);
	assert_false(fails_elsewhere(&n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_starved_and_more),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
