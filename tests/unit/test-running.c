// SPDX-License-Identifier: GPL-2.0-or-later
/* Which services run what is no longer installed. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/posture.h"
#include "agent/posture/running.h"
#include "tests/unit/root.h"
#include "tests/unit/runhost.h"
#include "tests/unit/test.h"

static void the_unit_is_the_system_managers(void **state)
{
	static const struct {
		const char *cgroup, *unit;
	} rows[] = {
		{ SERVICE("nginx"), "nginx.service" },
		{ "0::/init.scope\n", "init.scope" },
		{ "0::/system.slice/system-getty.slice/getty@tty1.service\n",
		  "getty@tty1.service" },
		{ "0::/system.slice/docker.service/deep/other.service\n", "docker.service" },
		{ "0::/user.slice/user-0.slice/user@0.service/app.slice/x.service\n",
		  "user@0.service" },
		{ "0::/user.slice/user-0.slice/session-3.scope\n", "session-3.scope" },
		{ "4:memory:/x.service\n1:name=systemd:/system.slice/b.service\n", "b.service" },
		{ "1:name=systemd:/system.slice/b.service/c\n0::/\n", "b.service" },
		{ "0::/\n", "-" },
		{ "", "-" },
		{ "0::/system.slice/.service\n", "-" },
		{ "0::/system.slice/-q.service\n", "-" },
		{ "0::/system.slice/a b.service\n", "-" },
		{ "0::/system.slice/a;b.service\n", "-" },
	};
	char unit[RUNNING_UNIT], text[300];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		running_unit(rows[i].cgroup, unit);
		assert_string_equal(unit, rows[i].unit);
	}
	snprintf(text, sizeof(text), "0::/%0120d.service\n", 7);
	running_unit(text, unit);
	assert_string_equal(unit, "-");
}

static void what_was_said_is_heard(void **state)
{
	struct running said = { .unread = 1, .contained = 2, .more = 3 }, heard = { 0 };
	struct running_row row = { "a.service", "libssl3", LIB "libssl.so.3", 4 };
	char line[RUNNING_LINE];

	(void)state;
	running_say(&said, &row, line);
	assert_true(running_hear(&heard, line));
	assert_false(heard.whole);
	running_say(&said, NULL, line);
	assert_true(running_hear(&heard, line));
	assert_true(heard.whole);
	assert_int_equal(heard.n, 1);
	assert_string_equal(heard.rows[0].unit, row.unit);
	assert_string_equal(heard.rows[0].package, row.package);
	assert_string_equal(heard.rows[0].path, row.path);
	assert_int_equal(heard.rows[0].processes, 4);
	assert_int_equal(heard.contained, 2);
	assert_false(running_hear(&heard, "watches clamav 3"));
	assert_false(running_hear(&heard, "runs a.service"));
	for (int i = 0; i < RUNNING_ROWS; i++)
		running_hear(&heard, "runs a.service b 1 /c");
	assert_int_equal(heard.n, RUNNING_ROWS);
	assert_int_equal(heard.more, 4);
}

static const struct running_row *row_of(const struct running *r, const char *unit)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->rows[i].unit, unit))
			return &r->rows[i];
	return NULL;
}

static void services_with_replaced_code_are_found(void **state)
{
	struct root r;
	struct running seen;
	const struct running_row *row;

	(void)state;
	assert_int_equal(open_host(&r), 0);
	root_text(&r, "proc/version", "not a process");
	put_process(&r, 10, CODE(LIB "libssl.so.3 (deleted)") DATA(LIB "libssl.so.3 (deleted)"),
		    SERVICE("nginx"), HOST);
	put_process(&r, 11, CODE(LIB "libssl.so.3 (deleted)"), SERVICE("nginx"), HOST);
	/* /usr is merged: dpkg says /lib. */
	put_process(&r, 12, CODE(LIB "libc.so.6 (deleted)"), SERVICE("ssh"), "mnt:[77]", "/");
	/* The update brought the library under another name. */
	put_process(&r, 13, CODE(LIB "libgnutls.so.30.34.3 (deleted)"), SERVICE("exim"), "mnt:[1]",
		    "/var");
	/* Of no package. */
	put_process(&r, 14, CODE("/opt/x/y (deleted)") CODE(LIB "libtoy.so.1 (deleted)"),
		    SERVICE("toy"), HOST);
	/* Containers have mounts and a root of their own; they are counted. */
	put_process(&r, 15, CODE(LIB "libssl.so.3 (deleted)"), "0::/machine.slice/m.scope\n",
		    "mnt:[9]", "/var");
	put_process(&r, 16, CODE(LIB "libssl.so.3 (deleted)"), "0::/\n", HOST);
	assert_int_equal(running_look(r.fd, &seen), 0);
	assert_true(seen.whole);
	assert_int_equal(seen.n, 4);
	assert_int_equal(seen.contained, 1);
	assert_int_equal(seen.unread, 0);
	row = row_of(&seen, "nginx.service");
	assert_non_null(row);
	assert_string_equal(row->package, "libssl3");
	assert_int_equal(row->processes, 2);
	assert_string_equal(row_of(&seen, "ssh.service")->package, "libc6");
	assert_string_equal(row_of(&seen, "exim.service")->package, "libgnutls30");
	assert_non_null(row_of(&seen, "-"));
	root_close(&r);
}

/* mkdir in place of a file: opening it works, reading it does not, also for root. */
static void what_cannot_be_read_is_not_known(void **state)
{
	struct root r;
	struct running seen;

	(void)state;
	assert_int_equal(open_host(&r), 0);
	root_text(&r, "proc/20/maps/x", "");
	root_text(&r, "proc/21/cgroup", "gone meanwhile");
	assert_int_equal(running_look(r.fd, &seen), 0);
	assert_int_equal(seen.unread, 1);
	assert_int_equal(seen.n, 0);
	root_close(&r);
}

static void without_a_proc_nothing_is_known(void **state)
{
	struct root r;
	struct running seen = { .n = 7 };

	(void)state;
	assert_int_equal(root_open(&r), 0);
	assert_int_equal(running_look(r.fd, &seen), -ENOENT);
	assert_int_equal(seen.n, 7);
	root_close(&r);
}

static void many_units_and_files_are_bounded(void **state)
{
	struct root r;
	struct running seen;
	char maps[200], unit[100];

	(void)state;
	assert_int_equal(open_host(&r), 0);
	for (int i = 0; i < RUNNING_ROWS + 10; i++) {
		snprintf(maps, sizeof(maps), CODE(LIB "libssl.so.3.%d (deleted)"), i);
		snprintf(unit, sizeof(unit), SERVICE("u%d"), i);
		put_process(&r, 100 + i, maps, unit, HOST);
	}
	assert_int_equal(running_look(r.fd, &seen), 0);
	assert_int_equal(seen.n, RUNNING_ROWS);
	assert_int_equal(seen.more, 10);
	root_close(&r);
}

/* As files of any name in a mount of one's own look; a line and a file more than there is room for.
 */
static void put_forger(const struct root *r, int pid, int64_t begun, const char *ids)
{
	_free_ char *maps = malloc(200000), *stat = malloc(500);
	char path[40];
	size_t len = 0;

	len += (size_t)sprintf(maps, "%s", CODE(LIB "libssl.so.3 (deleted)"));
	for (int i = 0; i < 200; i++)
		len += (size_t)sprintf(maps + len, CODE(LIB "x%d.so (deleted)"), i);
	put_process(r, pid, maps, "0::/user.slice/user-7.slice/session-3.scope\n", HOST);
	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	snprintf(stat, 500,
		 "%d (a) S 1 (b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 %lld 20 21\n", pid,
		 (long long)begun * sysconf(_SC_CLK_TCK));
	root_text(r, path, stat);
	snprintf(path, sizeof(path), "proc/%d/status", pid);
	snprintf(stat, 500, "Name:\ta\\nUid: 0\nUid:\t%s\nGid:\t7\t7\t7\t7\n", ids);
	root_text(r, path, stat);
}

static void change_packages(const struct root *r, int64_t at)
{
	const struct timespec times[2] = { { .tv_sec = at }, { .tv_sec = at } };

	assert_int_equal(utimensat(r->fd, "var/lib/dpkg/status", times, 0), 0);
	assert_int_equal(utimensat(r->fd, "var/lib/dpkg/info", times, 0), 0);
}

#define USERS "7\t7\t7\t7"

/* Nobody's word counts for what he cannot run: not by names, nor by how many there are. */
static void who_began_after_the_last_change_runs_nothing_old(void **state)
{
	const int64_t boot = (int64_t)(io_boot_ms() / 1000), now = io_now();
	const struct {
		const char *ids;
		int64_t begun, changed; /* against now */
		bool counts;
	} rows[] = {
		{ USERS, 0, -86400, false },	   { USERS, -86400, 0, true },
		{ USERS, 0, -60, true }, /* the clock may have been set meanwhile */
		{ USERS, 0, 86400, true },	   { "0\t0\t0\t0", 0, -86400, true },
		{ "7\t0\t7\t7", 0, -86400, true }, { "7\t7\t0\t7", 0, -86400, true },
		{ "", 0, -86400, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t begun = boot + rows[i].begun;
		struct running seen;
		struct root r;

		assert_int_equal(open_host(&r), 0);
		put_forger(&r, 30, begun > 0 ? begun : 0, rows[i].ids);
		change_packages(&r, now + rows[i].changed);
		assert_int_equal(running_look(r.fd, &seen), 0);
		assert_int_equal(seen.n, rows[i].counts);
		assert_int_equal(seen.more > 0, rows[i].counts);
		assert_int_equal(running_saw_all(&seen), !rows[i].counts);
		root_close(&r);
	}
}

static void what_is_in_containers_takes_no_room(void **state)
{
	struct root r;
	struct running seen;
	char path[PATH_MAX];

	(void)state;
	assert_int_equal(open_host(&r), 0);
	put_forger(&r, 30, 0, "0\t0\t0\t0");
	assert_int_equal(unlinkat(r.fd, "proc/30/ns/mnt", 0), 0);
	assert_int_equal(unlinkat(r.fd, "proc/30/root", 0), 0);
	assert_int_equal(symlinkat("mnt:[9]", r.fd, "proc/30/ns/mnt"), 0);
	assert_int_equal(symlinkat("/var", r.fd, "proc/30/root"), 0);
	put_process(&r, 40, CODE(LIB "libc.so.6 (deleted)"), SERVICE("ssh"), HOST);
	assert_int_equal(running_look(r.fd, &seen), 0);
	assert_int_equal(seen.contained, 1);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.rows[0].package, "libc6");
	assert_true(running_saw_all(&seen));
	/* Of a name that is too long to be looked for, nobody knows whose it is. */
	snprintf(path, sizeof(path), CODE("/usr/lib/%0200d (deleted)"), 7);
	put_process(&r, 41, path, SERVICE("long"), HOST);
	assert_int_equal(running_look(r.fd, &seen), 0);
	assert_int_equal(seen.more, 1);
	root_close(&r);
}

static void apk_says_whose_a_file_is(void **state)
{
	struct root r;
	struct owner list[] = { { "/usr/lib/libssl.so.3", "" }, { "/usr/lib/libtoy.so", "" } };

	(void)state;
	assert_int_equal(root_open(&r), 0);
	assert_int_equal(owners_find(r.fd, list, 2), -ENOENT);
	root_text(&r, "lib/apk/db/installed",
		  "P:musl\nV:1\nF:lib\nR:libc.so\n\nP:libssl3\nV:3\nF:usr\nF:usr/"
		  "lib\nR:libssl.so.3\n\n");
	assert_int_equal(owners_find(r.fd, list, 2), 0);
	assert_string_equal(list[0].package, "libssl3");
	assert_string_equal(list[1].package, "");
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_unit_is_the_system_managers),
		cmocka_unit_test(what_was_said_is_heard),
		cmocka_unit_test(services_with_replaced_code_are_found),
		cmocka_unit_test(what_cannot_be_read_is_not_known),
		cmocka_unit_test(without_a_proc_nothing_is_known),
		cmocka_unit_test(many_units_and_files_are_bounded),
		cmocka_unit_test(who_began_after_the_last_change_runs_nothing_old),
		cmocka_unit_test(what_is_in_containers_takes_no_room),
		cmocka_unit_test(apk_says_whose_a_file_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
