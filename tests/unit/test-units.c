// SPDX-License-Identifier: GPL-2.0-or-later
/* What decides over a unit: its files, keys, drop-ins and links, and who may read them. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "agent/base/ini.h"
#include "agent/posture/unit.h"
#include "tests/unit/test.h"
#include "tests/unit/unithost.h"

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
		{ ETC "a-b.service", "->/opt/x/lib/systemd/system/a-b.service", UNIT_OVERRIDDEN, "",
		  "" },
		{ ETC "a-b.service", "->../../../usr/lib/systemd/system/a-b.service", UNIT_PLAIN,
		  "", "" },
		{ ETC "a-b.service", "->../../usr/lib/systemd/system/a-b.service", UNIT_OVERRIDDEN,
		  "", "" },
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

#define WANTS ETC "multi-user.target.wants/"

/* What is not said of an instance, its template says. */
static void test_instance(void **state)
{
	static const struct provider_unit scan = { .name = "clamd@scan.service",
						   .program = "/usr/sbin/clamd" };
	static const struct {
		const char *file, *text;
		enum unit_load load;
		const char *fragment, *drop_in;
	} rows[] = {
		{ "etc/x", "", UNIT_PLAIN, VENDOR "clamd@.service", "" },
		{ ETC "clamd@scan.service", "->/dev/null", UNIT_MASKED, ETC "clamd@scan.service",
		  "" },
		{ ETC "clamd@.service", "->/dev/null", UNIT_MASKED, ETC "clamd@.service", "" },
		{ ETC "clamd@scan.service", "[Service]\n", UNIT_OVERRIDDEN,
		  ETC "clamd@scan.service", "" },
		{ ETC "clamd@.service", "[Service]\n", UNIT_OVERRIDDEN, ETC "clamd@.service", "" },
		{ ETC "clamd@scan.service", "->/usr/lib/systemd/system/clamd@.service", UNIT_PLAIN,
		  ETC "clamd@scan.service", "" },
		{ ETC "clamd@scan.service", "->/usr/lib/systemd/system/other@.service",
		  UNIT_OVERRIDDEN, ETC "clamd@scan.service", "" },
		{ VENDOR "clamd@scan.service", "[Service]\n", UNIT_PLAIN,
		  VENDOR "clamd@scan.service", "" },
		{ ETC "clamd@other.service", "->/dev/null", UNIT_PLAIN, VENDOR "clamd@.service",
		  "" },
		{ ETC "clamd@.service.d/x.conf", "[Service]\nExecStart=\n", UNIT_PLAIN,
		  VENDOR "clamd@.service", ETC "clamd@.service.d/x.conf" },
		{ ETC "clamd@scan.service.d/x.conf", "[Service]\nExecStart=\n", UNIT_PLAIN,
		  VENDOR "clamd@.service", ETC "clamd@scan.service.d/x.conf" },
		{ ETC "clamd@other.service.d/x.conf", "[Service]\nExecStart=\n", UNIT_PLAIN,
		  VENDOR "clamd@.service", "" },
	};
	struct unit u;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		fresh();
		put(VENDOR "clamd@.service", INSTALL);
		put(rows[i].file, rows[i].text);
		unit_look(root, &scan, &u);
		assert_int_equal(u.load, rows[i].load);
		assert_string_equal(u.fragment, rows[i].fragment);
		assert_string_equal(u.drop_in, rows[i].drop_in);
		/* The template says that it can be enabled. */
		assert_true(!u.enabled || strcmp(u.fragment, VENDOR "clamd@.service"));
		put(WANTS "clamd@scan.service", "->/usr/lib/systemd/system/clamd@.service");
		unit_look(root, &scan, &u);
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
		{ "ListenStream=127.0.0.1:3310", "" },
		{ "ListenStream=", "ListenStream" },
		{ "Service=other.service", "Service" },
		{ "Accept=yes", "Accept" },
		{ "Accept=no", "" },
		{ "RuntimeMaxSec=3", "RuntimeMaxSec" },
		{ "WatchdogSec=3", "WatchdogSec" },
		{ "WatchdogSec=0", "" },
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

/* More names than are looked at may hide what is laid over one of them. */
static void test_names(void **state)
{
	char name[250], to[UNIT_PATH_MAX + 50];
	struct unit u;

	(void)state;
	fresh();
	for (int i = 1; i < PROVIDER_ROWS; i++) {
		snprintf(name, sizeof(name), ETC "alias-%d.service", i);
		put(name, "->/usr/lib/systemd/system/a-b.service");
	}
	unit_look(root, &of, &u);
	assert_string_equal(u.drop_in, "");
	put(ETC "last.service", "->/usr/lib/systemd/system/a-b.service");
	unit_look(root, &of, &u);
	assert_int_equal(u.load, UNIT_PLAIN);
	assert_string_equal(u.sets, "one name too many");
	assert_non_null(strstr(u.drop_in, ".service"));

	/* A name and a way that are longer than any of ours. */
	fresh();
	snprintf(name, sizeof(name), ETC "%0*d.service", PROVIDER_TEXT_MAX, 0);
	put(name, "->/usr/lib/systemd/system/a-b.service");
	unit_look(root, &of, &u);
	assert_string_equal(u.drop_in, name);
	fresh();
	snprintf(to, sizeof(to), "->%0*d/a-b.service", UNIT_PATH_MAX, 0);
	put(ETC "far.service", to);
	put(ETC "far.service.d/x.conf", "[Service]\nExecStart=\n");
	unit_look(root, &of, &u);
	assert_string_equal(u.sets, "ExecStart");
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),  cmocka_unit_test(test_instance),
		cmocka_unit_test(test_keys),   cmocka_unit_test(test_names),
		cmocka_unit_test(test_hidden), cmocka_unit_test(test_enabled),
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests_name("units", tests, set_up, tear_down);
}
