// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "agent/base/ini.h"
#include "agent/base/io.h"
#include "agent/posture/unit.h"
#include "agent/posture/watched.h"
#include "agent/posture/witnessed.h"
#include "tests/unit/test.h"

#define VENDOR	"usr/lib/systemd/system/"
#define ETC	"etc/systemd/system/"
#define CGROUP	"sys/fs/cgroup/system.slice/a-b.service/"
#define NOBODY	65534
#define INSTALL "[Install]\nWantedBy=multi-user.target\n"

static char folder[] = "/tmp/test-units.XXXXXX";
static int root = -1;

static const struct provider_unit of = { .name = "a-b.service",
					 .program = "/usr/sbin/worker",
					 .drop_ins = { 1, { "own.conf" } } };

/* "->TARGET" makes a link. */
static void put(const char *name, const char *text)
{
	char command[400];

	snprintf(command, sizeof(command), "mkdir -p \"$(dirname '%s/%s')\"", folder, name);
	assert_int_equal(system(command), 0);
	unlinkat(root, name, 0);
	if (!strncmp(text, "->", 2))
		assert_int_equal(symlinkat(text + 2, root, name), 0);
	else
		assert_int_equal(io_replace(root, name, text, strlen(text), 0644), 0);
}

static void fresh(void)
{
	char command[100];

	snprintf(command, sizeof(command), "rm -rf %s/*", folder);
	assert_int_equal(system(command), 0);
	put(VENDOR "a-b.service", INSTALL);
	put(ETC "multi-user.target.wants/a-b.service", "->/usr/lib/systemd/system/a-b.service");
}

static void test_files(void **state)
{
	static const struct {
		const char *file, *text;
		enum unit_load load;
		const char *drop_in, *sets;
	} rows[] = {
		{ "etc/x", "", UNIT_PLAIN, "", "" },
		{ ETC "a-b.service", "->/dev/null", UNIT_MASKED, "", "" },
		{ "run/systemd/system/a-b.service", "->/dev/null", UNIT_MASKED, "", "" },
		{ ETC "a-b.service", "", UNIT_MASKED, "", "" },
		{ ETC "a-b.service", "[Service]\n", UNIT_OVERRIDDEN, "", "" },
		{ ETC "a-b.service", "->/tmp/a-b.service", UNIT_OVERRIDDEN, "", "" },
		{ ETC "a-b.service", "->/usr/lib/systemd/system/a-b.service", UNIT_PLAIN, "", "" },
		{ ETC "a-b.service", "->/usr/lib/systemd/system/other.service", UNIT_OVERRIDDEN, "",
		  "" },
		{ ETC "a-b.service", "->/tmp/lib/systemd/system/x/a-b.service", UNIT_OVERRIDDEN, "",
		  "" },
		{ "usr/local/lib/systemd/system/a-b.service", "x", UNIT_OVERRIDDEN, "", "" },
		{ ETC "a-b.service.d/x.conf", "[Unit]\nConditionHost=x\n", UNIT_PLAIN,
		  ETC "a-b.service.d/x.conf", "ConditionHost" },
		{ ETC "a-.service.d/x.conf", "[Service]\nExecStart=\n", UNIT_PLAIN,
		  ETC "a-.service.d/x.conf", "ExecStart" },
		{ ETC "service.d/x.conf", "[Service]\nCPUQuota=1%\n", UNIT_PLAIN,
		  ETC "service.d/x.conf", "CPUQuota" },
		{ VENDOR "a-b.service.d/x.conf", "[Service]\nMemoryMax=1\n", UNIT_PLAIN,
		  VENDOR "a-b.service.d/x.conf", "MemoryMax" },
		{ ETC "a-b.service.d/x.conf", "[Service]\nRestart=always\n", UNIT_PLAIN, "", "" },
		{ ETC "alias.service.d/x.conf", "[Service]\nExecStart=\n", UNIT_PLAIN,
		  ETC "alias.service.d/x.conf", "ExecStart" },
		{ ETC "of-alias.service.d/x.conf", "[Service]\nExecStart=\n", UNIT_PLAIN,
		  ETC "of-alias.service.d/x.conf", "ExecStart" },
		{ ETC "other.service.d/x.conf", "[Service]\nExecStart=\n", UNIT_PLAIN, "", "" },
		{ ETC "a-b.service.d/x.txt", "[Service]\nExecStart=\n", UNIT_PLAIN, "", "" },
		{ ETC "a-b.service.d/x.conf", "no section", UNIT_PLAIN, ETC "a-b.service.d/x.conf",
		  "what cannot be read" },
		{ ETC "a-b.service.d/own.conf", "[Service]\nExecStartPre=/bin/true\n", UNIT_PLAIN,
		  "", "" },
		{ ETC "a-b.service.d/own.conf", "[Service]\nExecStart=/bin/true\n", UNIT_PLAIN,
		  ETC "a-b.service.d/own.conf", "ExecStart" },
	};
	struct unit u;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fresh();
		put(ETC "of-alias.service", "->alias.service");
		put("run/systemd/system/alias.service", "->/usr/lib/systemd/system/a-b.service");
		put(ETC "other.service", "->/usr/lib/systemd/system/other-one.service");
		put(rows[i].file, rows[i].text);
		unit_look(root, &of, &u);
		assert_int_equal(u.load, rows[i].load);
		assert_string_equal(u.drop_in, rows[i].drop_in);
		assert_string_equal(u.sets, rows[i].sets);
		assert_true(u.load != UNIT_PLAIN || u.enabled);
	}
}

/* One line each, in a drop-in of the unit's own. */
static void test_keys(void **state)
{
	static const struct {
		const char *line, *sets;
	} rows[] = {
		{ "Environment=LD_PRELOAD=/tmp/x.so", "Environment" },
		{ "Environment=\"A=b\" GLIBC_TUNABLES=x", "Environment" },
		{ "Environment=https_proxy=http://proxy:3128", "" },
		{ "EnvironmentFile=-/tmp/x", "EnvironmentFile" },
		{ "BindReadOnlyPaths=/tmp/x:/etc/clamav", "BindReadOnlyPaths" },
		{ "PrivateNetwork=yes", "PrivateNetwork" },
		{ "PrivateNetwork=no", "" },
		{ "PrivateTmp=yes", "PrivateTmp" },
		{ "PrivateUsers=true", "PrivateUsers" },
		{ "IPAddressDeny=any", "IPAddressDeny" },
		{ "IPAddressDeny=", "" },
		{ "NoExecPaths=/", "NoExecPaths" },
		{ "ReadOnlyPaths=/var", "ReadOnlyPaths" },
		{ "CapabilityBoundingSet=", "CapabilityBoundingSet" },
		{ "ProtectSystem=strict", "ProtectSystem" },
		{ "ProtectSystem=full", "" },
		{ "Slice=tiny.slice", "Slice" },
		{ "Slice=lazaret.slice", "" },
		{ "TimeoutStartSec=420", "" },
		{ "SocketMode=0660", "SocketMode" },
		{ "SocketMode=666", "" },
		{ "SocketUser=clamav", "" },
		{ "DirectoryMode=0700", "DirectoryMode" },
		{ "RuntimeDirectoryMode=0750", "RuntimeDirectoryMode" },
		{ "RuntimeDirectoryMode=0755", "" },
		{ "ProtectClock=yes", "" },
		{ "TimeoutStopFailureMode=abort", "" },
		/* Lines as systemd ends them. */
		{ "# c \\\nCPUQuota=1%", "CPUQuota" },
		{ "Description=x\\\\\nCPUQuota=1%", "CPUQuota" },
		{ "# c\rCPUQuota=1%", "CPUQuota" },
	};
	struct unit u;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[200];

		fresh();
		snprintf(text, sizeof(text), "[Service]\n%s\n", rows[i].line);
		put(ETC "a-b.service.d/x.conf", text);
		unit_look(root, &of, &u);
		assert_string_equal(u.sets, rows[i].sets);
	}
}

static void look_as(uid_t uid, struct unit *u)
{
	assert_int_equal(seteuid(uid), 0);
	unit_look(root, &of, u);
	assert_int_equal(seteuid(0), 0);
}

/* systemd is root, and reads what this user may not: that nobody sees it is no pass. */
static void test_hidden(void **state)
{
	static char text[INI_FILE_MAX + 100];
	struct unit u;

	(void)state;
	assert_int_equal(chmod(folder, 0755), 0);
	fresh();
	put(ETC "a-b.service.d/x.conf", "[Service]\nCPUQuota=1%\n");
	assert_int_equal(fchmodat(root, ETC "a-b.service.d/x.conf", 0600, 0), 0);
	look_as(NOBODY, &u);
	assert_string_equal(u.drop_in, ETC "a-b.service.d/x.conf");
	assert_string_equal(u.sets, "what cannot be read");
	assert_int_equal(fchmodat(root, ETC "a-b.service.d", 0700, 0), 0);
	look_as(NOBODY, &u);
	assert_string_equal(u.drop_in, ETC "a-b.service.d");
	fresh();
	memset(text, '#', sizeof(text) - 1);
	put(ETC "a-b.service.d/x.conf", text);
	look_as(0, &u);
	assert_string_equal(u.sets, "what cannot be read");
	put(ETC "a-b.service.d/x.conf", "->/dev/null");
	put(ETC "a-b.service.d/y.conf", "->nowhere");
	put(ETC "a-b.service.d/z.conf/file", "");
	look_as(0, &u);
	assert_string_equal(u.drop_in, "");
}

static void test_enabled(void **state)
{
	struct unit u;

	(void)state;
	fresh();
	unlinkat(root, ETC "multi-user.target.wants/a-b.service", 0);
	unit_look(root, &of, &u);
	assert_false(u.enabled);
	/* Nothing reaches that target at boot, unless the unit's own file says so. */
	put(ETC "rescue.target.wants/a-b.service", "->/usr/lib/systemd/system/a-b.service");
	unit_look(root, &of, &u);
	assert_false(u.enabled);
	put(VENDOR "a-b.service", "[Install]\nWantedBy=cloud.target  rescue.target\n");
	unit_look(root, &of, &u);
	assert_true(u.enabled);
	put(VENDOR "a-b.service", INSTALL);
	unlinkat(root, ETC "rescue.target.wants/a-b.service", 0);
	put("run/systemd/system/multi-user.target.wants/a-b.service",
	    "->x"); /* until the next boot */
	unit_look(root, &of, &u);
	assert_false(u.enabled);
	put(VENDOR "a-b.service", "[Unit]\nDescription=static\n");
	unit_look(root, &of, &u);
	assert_true(u.enabled);
	unlinkat(root, VENDOR "a-b.service", 0);
	unit_look(root, &of, &u);
	assert_int_equal(u.load, UNIT_ABSENT);
	/* Some products bring their unit to /etc: there is nothing that it overrides. */
	put(ETC "a-b.service", INSTALL);
	unit_look(root, &of, &u);
	assert_int_equal(u.load, UNIT_PLAIN);
}

/* What hides a link from systemd, or is none. */
static void test_links(void **state)
{
	static const char wants[] = "multi-user.target.wants/a-b.service";
	static const struct {
		const char *file, *text;
		bool enabled;
	} rows[] = {
		{ ETC, "->/nowhere", true },
		{ ETC, "->/dev/null", false },
		{ ETC, "->../empty", false },
		{ ETC, "[Unit]\n", false },
		{ "etc/systemd/system.control/", "->/dev/null", false },
		{ "etc/systemd/system.control/", "", false },
		{ "run/systemd/transient/", "->/dev/null", false },
		{ "etc/systemd/system.control/", "->/nowhere", true },
		{ "run/systemd/system/", "->/dev/null", true },
		{ VENDOR, "->/dev/null", true },
	};
	struct unit u;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char path[200];

		fresh();
		put(ETC "empty", "");
		snprintf(path, sizeof(path), "%s%s", rows[i].file, wants);
		put(path, rows[i].text);
		unit_look(root, &of, &u);
		if (u.load != UNIT_PLAIN || u.enabled != rows[i].enabled)
			fail_msg("row %zu: %s", i, rows[i].text);
	}
	fresh();
	put("etc/systemd/system.control/multi-user.target.wants/a-b.service", "->/dev/null");
	assert_int_equal(fchmodat(root, "etc/systemd/system.control", 0700, 0), 0);
	look_as(NOBODY, &u);
	assert_false(u.enabled);
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
	put(CGROUP "cpu.max", "1000 100000\n");
	unit_run_look(root, &of, &run);
	assert_true(run.starved);
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
	put("proc/78/fdinfo/1", "pos:\t0\nflags:\t02\n");
	assert_int_equal(watched_places(root, 78), 0);
	put("proc/78/fdinfo/5", "fanotify flags:10\nfanotify mnt_id:1 mflags:0\n"
				"fanotify ino:2 sdev:3\nfanotify sdev:4\n");
	put("proc/78/fdinfo/6", "fanotify ino:9 sdev:3\n");
	assert_int_equal(watched_places(root, 78), 4);
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

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	root = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root < 0;
}

static int tear_down(void **state)
{
	char command[100];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),	   cmocka_unit_test(test_keys),
		cmocka_unit_test(test_hidden),	   cmocka_unit_test(test_enabled),
		cmocka_unit_test(test_links),	   cmocka_unit_test(test_run),
		cmocka_unit_test(test_executable), cmocka_unit_test(test_watched),
		cmocka_unit_test(test_witnessed),
	};

	return cmocka_run_group_tests_name("units", tests, set_up, tear_down);
}
