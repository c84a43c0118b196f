// SPDX-License-Identifier: GPL-2.0-or-later
/* What others wrote down: who did what is read out of it, and nobody is accused of reading. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/count.h"
#include "agent/clerk/act.h"
#include "agent/clerk/deed.h"
#include "agent/clerk/history.h"
#include "agent/clerk/said.h"
#include "agent/clerk/updates.h"
#include "tests/unit/test.h"

static const struct requirement antivirus = { .check = CHECK_ANTIVIRUS,
					      .with.antivirus.provider = &provider_clamav };
static const struct requirement firewall = { .check = CHECK_FIREWALL };
static const struct requirement patches = { .check = CHECK_PATCHES };

static void test_deeds(void **state)
{
	static const struct {
		const struct requirement *of;
		const char *command;
		bool is;
	} rows[] = {
		{ &antivirus, "/usr/bin/systemctl stop clamav-daemon", true },
		{ &antivirus, "systemctl --now mask clamav-daemon.service", true },
		{ &antivirus, "systemctl status clamav-daemon", false },
		{ &antivirus, "systemctl stop nginx", false },
		{ &antivirus, "systemctl stop my-clamav-daemon", false },
		{ &antivirus, "systemctl stop clamav-daemon2", false },
		{ &antivirus, "journalctl -f -u clamav-daemon", false },
		{ &antivirus, "apt-get -y remove clamav-daemon", true },
		{ &antivirus, "apt-get -y install clamav-daemon", false },
		{ &antivirus, "dpkg -l clamav-daemon", false },
		{ &antivirus, "dpkg --purge clamav-daemon", true },
		{ &antivirus, "pkill -9 clamd", true },
		{ &antivirus, "pgrep clamd", false },
		{ &antivirus, "chmod -x /usr/sbin/clamd", true },
		{ &antivirus, "rm /etc/clamav/clamd.conf", true },
		{ &antivirus, "cat /etc/clamav/clamd.conf", false },
		{ &antivirus, "sed -i.bak s/a/b/ /etc/clamav/clamd.conf", true },
		{ &antivirus, "sed s/a/b/ /etc/clamav/clamd.conf", false },
		{ &antivirus, "sh -c 'while :; do systemctl stop clamav-daemon; done'", true },
		{ &antivirus, "sh -c 'systemctl is-active clamav-daemon || mail root'", false },
		{ &antivirus, "nft flush ruleset", false },
		{ &firewall, "/usr/sbin/nft flush ruleset", true },
		{ &firewall, "nft list ruleset", false },
		{ &firewall, "/usr/sbin/iptables -P INPUT ACCEPT", true },
		{ &firewall, "iptables -nvL", false },
		{ &firewall, "ufw disable", true },
		{ &firewall, "ufw status", false },
		{ &firewall, "firewall-cmd --set-default-zone=trusted", true },
		{ &firewall, "firewall-cmd --list-all", false },
		{ &firewall, "systemctl stop ufw", true },
		{ &firewall, "", false },
		{ &patches, "apt-get remove bash", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct topic t = topic_of(rows[i].of);

		if (deed_is(rows[i].command, &t) != rows[i].is)
			fail_msg("%s", rows[i].command);
	}
}

static void test_what_programs_say(void **state)
{
	static const struct {
		bool (*read)(const char *text, struct said *ret);
		const char *text, *who, *command; /* who NULL: nothing is believed */
	} rows[] = {
		{ said_sudo, "   alice : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id -u",
		  "alice", "/bin/id -u" },
		{ said_sudo, "alice : PWD=/ ; USER=root ; TSID=000001 ; COMMAND=/bin/id", "alice",
		  "/bin/id" },
		{ said_sudo, "alice : TTY=pts/0 ; PWD=/ ; USER=bob ; COMMAND=/bin/id", NULL, NULL },
		{ said_sudo,
		  "alice : command not allowed ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/id",
		  NULL, NULL },
		{ said_sudo, "bob is not alice : TTY=pts/0 ; USER=root ; COMMAND=/bin/id", NULL,
		  NULL },
		{ said_sudo, "pam_unix(sudo:session): session opened for user root", NULL, NULL },
		{ said_sudo, "", NULL, NULL },
		{ said_pkexec,
		  "alice: Executing command [USER=root] [TTY=/dev/pts/1] [CWD=/] [COMMAND=/bin/id "
		  "-u]",
		  "alice", "/bin/id -u" },
		{ said_pkexec, "alice: Executing command [USER=bob] [COMMAND=/bin/id]", NULL,
		  NULL },
		{ said_pkexec, "alice: Executing command [USER=root] [COMMAND=", NULL, NULL },
		{ said_doas, "alice ran command id -u as root from /home/alice", "alice", "id -u" },
		{ said_doas, "alice ran command id -u as bob from /", NULL, NULL },
		{ said_polkit,
		  "Operator of unix-session:2 successfully authenticated as unix-user:root to gain "
		  "TEMPORARY authorization for action org.freedesktop.systemd1.manage-units for "
		  "system-bus-name::1.68 [systemctl stop ufw] (owned by unix-user:alice)",
		  "alice", "systemctl stop ufw" },
		{ said_polkit,
		  "Operator of unix-session:2 FAILED to authenticate to gain authorization for "
		  "action "
		  "x for system-bus-name::1.68 [systemctl stop ufw] (owned by unix-user:alice)",
		  NULL, NULL },
		/* The caller's own words, in the brackets, blame somebody else. */
		{ said_polkit,
		  "Operator of unix-session:2 FAILED to authenticate to gain authorization for x "
		  "for system-bus-name::1.68 [systemctl stop ufw] (owned by unix-user:bob) "
		  "successfully authenticated as unix-user:root] (owned by unix-user:alice)",
		  NULL, NULL },
		{ said_polkit, "successfully authenticated as unix-user: (owned by unix-user:a)",
		  NULL, NULL },
		{ said_reload,
		  "Reload requested from client PID 4711 ('systemctl') (unit session-3.scope)...",
		  "systemctl (process 4711)", "session-3.scope" },
		{ said_reload,
		  "Reloading requested from client PID 7 ('systemctl') (unit cron.service)...",
		  "systemctl (process 7)", "cron.service" },
		{ said_reload, "Reloading.", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct said s;

		if (rows[i].read(rows[i].text, &s) != (rows[i].who != NULL))
			fail_msg("%s", rows[i].text);
		if (!rows[i].who)
			continue;
		assert_string_equal(s.who, rows[i].who);
		assert_string_equal(s.command, rows[i].command);
	}
}

struct told {
	size_t n;
	struct act acts[4];
};

static void on_found(void *ctx, const struct act *a)
{
	struct told *told = ctx;

	assert_true(told->n < COUNT(told->acts));
	told->acts[told->n++] = *a;
}

static void test_apt(void **state)
{
	char text[] = "rted.\n"
		      "Start-Date: 2026-11-20  10:00:00\n"
		      "Commandline: apt-get -y remove clamav-daemon\n"
		      "Requested-By: alice (1000)\n"
		      "Remove: nginx:amd64 (1.22), clamav-daemon:amd64 (1.4.3)\n"
		      "End-Date: 2026-11-20  10:00:05\n"
		      "\n"
		      "Start-Date: 2026-11-20  11:00:00\n"
		      "Commandline: apt-get -y remove nginx\n"
		      "Remove: nginx:amd64 (1.22)\n"
		      "End-Date: 2026-11-20  11:00:05\n"
		      "\n"
		      "Start-Date: 2026-11-20  12:00:00\n"
		      "Commandline: aptitude\n"
		      "Purge: clamav-base:all (1.4.3)\n";
	struct topic t = topic_of(&antivirus);
	struct told told = { 0 };

	(void)state;
	history_apt(text, &t, 4000000000, on_found, &told);
	assert_int_equal(told.n, 2);
	assert_int_equal(told.acts[0].at, 1795168805);
	assert_int_equal(told.acts[0].rank, ACT_NAMED);
	assert_string_equal(told.acts[0].text, "apt: removed clamav-daemon for alice (1000): "
					       "apt-get -y remove clamav-daemon");
	assert_int_equal(told.acts[1].at, 4000000000);
	assert_int_equal(told.acts[1].rank, ACT_DONE);
	assert_string_equal(told.acts[1].text, "apt: removes clamav-base: aptitude");
}

static void test_dpkg(void **state)
{
	char text[] = "2026-11-20 10:00:00 startup archives unpack\n"
		      "2026-11-20 10:00:01 install clamav-daemon:amd64 <none> 1.4.3\n"
		      "2026-11-20 10:00:02 remove clamav-daemon:amd64 1.4.3 <none>\n"
		      "2026-11-20 10:00:03 remove nginx:amd64 1.4.3 <none>\n"
		      "no date remove clamav-daemon:amd64\n"
		      "2026-11-20 10:00:04 remove";
	struct topic t = topic_of(&antivirus);
	struct told told = { 0 };

	(void)state;
	history_dpkg(text, &t, on_found, &told);
	assert_int_equal(told.n, 1);
	assert_int_equal(told.acts[0].at, 1795168802);
	assert_string_equal(told.acts[0].text, "dpkg: removed clamav-daemon");
}

#define STARTED(at) at " -> ClamAV update process started at " at "\n"
#define FIRST	    "Fri Nov 20 10:00:00 2026"
#define THEN	    "Fri Nov 20 11:00:00 2026"

static void test_freshclam(void **state)
{
	static const struct {
		const char *log;
		int64_t succeeded, failed;
		const char *why;
	} rows[] = {
		{ "", 0, 0, "" },
		{ STARTED(FIRST) FIRST
		  " -> daily.cvd database is up-to-date (version: 1, sigs: 2)\n",
		  1795168800, 0, "" },
		{ STARTED(FIRST) FIRST " -> lab.ndb updated (version: custom database, sigs: 1)\n",
		  1795168800, 0, "" },
		/* A mirror that failed before another one did not. */
		{ STARTED(FIRST) "ERROR: check_for_new_database_version: Failed to find daily\n"
				 "daily.cvd updated (version: 2)\n",
		  1795168800, 0, "" },
		{ STARTED(FIRST) "daily.cvd updated (version: 2)\n" STARTED(
			  THEN) "WARNING: remote_cvdhead: Download failed (6)\n"
				"ERROR: Update failed for database: daily\n"
				"ERROR: Database update process failed: HTTP GET failed\n"
				"ERROR: Update failed.\n",
		  1795168800, 1795172400, "Database update process failed: HTTP GET failed" },
		/* Told to come back later: no error, and nothing brought. */
		{ STARTED(FIRST) "WARNING: You are on cool-down until after: 2026-11-21\n" STARTED(
			  THEN),
		  0, 1795168800, "You are on cool-down until after: 2026-11-21" },
		/* In the middle of it. */
		{ STARTED(FIRST) "daily.cvd updated (version: 2)\n" STARTED(
			  THEN) "ERROR: a mirror\n",
		  1795168800, 0, "" },
		{ "ClamAV update process started at some day\ndaily.cvd updated (version: 2)\n", 0,
		  0, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = strdup(rows[i].log), line[UPDATES_LINE], name[PROVIDER_NAME_MAX];
		struct updates u, heard;

		updates_freshclam(text, &u);
		free(text);
		if (u.succeeded != rows[i].succeeded || u.failed != rows[i].failed ||
		    strcmp(u.why, rows[i].why) != 0)
			fail_msg("%zu: %ld %ld %s", i, (long)u.succeeded, (long)u.failed, u.why);
		updates_say("clamav", &u, line);
		assert_true(updates_hear(line, name, &heard));
		assert_string_equal(name, "clamav");
		assert_int_equal(heard.failed, u.failed);
	}
}

static void test_lines(void **state)
{
	const struct act a = { 1795168802, ACT_NAMED, "sudo: alice ran id" };
	char line[ACT_LINE], id[POLICY_ID_MAX];
	struct act b;

	(void)state;
	act_say("av", &a, line);
	assert_true(act_hear(line, id, &b));
	assert_string_equal(id, "av");
	assert_int_equal(b.at, a.at);
	assert_int_equal(b.rank, a.rank);
	assert_string_equal(b.text, a.text);
	assert_false(act_hear("act av 1 3 of no rank", id, &b));
	assert_false(act_hear("act av 1 2", id, &b));
	assert_false(act_hear("acts av 1 2 x", id, &b));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deeds), cmocka_unit_test(test_what_programs_say),
		cmocka_unit_test(test_apt),   cmocka_unit_test(test_dpkg),
		cmocka_unit_test(test_lines), cmocka_unit_test(test_freshclam),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
