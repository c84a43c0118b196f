// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of iptables-legacy, by a /proc and a /sys that a test wrote, and what they change. */
#include <errno.h>
#include <stdio.h>

#include "agent/base/count.h"
#include "agent/posture/legacy.h"
#include "agent/posture/posture.h"
#include "netfilter/xtables.h"
#include "tests/unit/firewalls.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define NAMES4 "proc/self/net/ip_tables_names"
#define NAMES6 "proc/self/net/ip6_tables_names"

static struct root dir;

static void test_read(void **state)
{
	struct legacy l = { 0 };

	(void)state;
	assert_int_equal(legacy_read(dir.fd, "a", "b", &l), 0);
	assert_true(l.known && !l.ip4 && !l.ip6);
	root_text(&dir, "a", "nat\nfilter\nnaturally\nsec\n");
	root_text(&dir, "b", "security\nraw");
	assert_int_equal(legacy_read(dir.fd, "a", "b", &l), 0);
	assert_int_equal(l.ip4, LEGACY_FILTER | LEGACY_NAT);
	assert_int_equal(l.ip6, LEGACY_RAW | LEGACY_SECURITY);
	/* systemd's word for no such file, and one that cannot be read. */
	root_text(&dir, "a", "-");
	assert_int_equal(legacy_read(dir.fd, "a", "b", &l), 0);
	assert_int_equal(l.ip4, 0);
	root_text(&dir, "c/d", "");
	assert_true(legacy_read(dir.fd, "a", "c", &l) < 0);
}

/* What the kernel says comes first, then what was told, then what is loaded. */
static void test_look(void **state)
{
	const struct xtables rules = { 0 };
	const struct legacy nothing = { 0 }, heard = { true, LEGACY_NAT, LEGACY_RAW, &rules };
	struct host host = { .root = dir.fd, .legacy = &nothing };
	struct legacy l;

	(void)state;
	legacy_look(&host, &l);
	assert_true(l.known && !l.ip4 && !l.ip6 && !l.rules);
	root_text(&dir, NAMES4, "filter\n");
	root_text(&dir, "sys/module/iptable_mangle/refcnt", "");
	root_text(&dir, "sys/module/ip6table_nat/refcnt", "");
	legacy_look(&host, &l);
	assert_true(l.ip4 == LEGACY_FILTER && !l.ip6);
	/* Rules of other tables than those that there are, are not all of them. */
	host.legacy = &heard;
	legacy_look(&host, &l);
	assert_true(l.ip4 == LEGACY_FILTER && !l.ip6 && !l.rules);
	root_text(&dir, NAMES4, "nat\n");
	root_text(&dir, NAMES6, "raw\n");
	legacy_look(&host, &l);
	assert_true(l.ip4 == LEGACY_NAT && l.ip6 == LEGACY_RAW && l.rules == &rules);
	assert_int_equal(unlinkat(dir.fd, NAMES6, 0), 0);
	root_text(&dir, NAMES6 "/x", ""); /* no file that can be read */
	legacy_look(&host, &l);
	assert_true(l.ip4 == LEGACY_NAT && l.ip6 == LEGACY_RAW && l.rules == &rules);
	host.legacy = &nothing;
	legacy_look(&host, &l);
	assert_true(!l.known && l.ip4 == LEGACY_MANGLE && l.ip6 == LEGACY_NAT);
	host.legacy = NULL;
	legacy_look(&host, &l);
	assert_true(l.ip4 == LEGACY_MANGLE && !l.rules);
}

/* Rules that nobody read may send what comes to where it is let in. */
static void test_verdicts(void **state)
{
	static const struct {
		const char *tables, *rules;
		enum grade grade;
		const char *what;
	} rows[] = {
		{ "", "ct status dnat accept;", GRADE_PASS, "inbound is closed: " },
		{ "filter\n", "ct status dnat accept;", GRADE_PASS, "inbound is closed: " },
		{ "nat\n", "", GRADE_PASS, "inbound is closed: " },
		{ "nat\n", "ct status dnat accept;", GRADE_UNKNOWN,
		  "inbound IPv4 is closed but for rules of iptables-legacy, which cannot be "
		  "judged" },
		{ "nat\n", "meta nfproto ipv6 ct status dnat accept;", GRADE_PASS, "" },
		{ "nat\n", "meta mark 7 accept;", GRADE_PASS, "" },
		{ "mangle\n", "meta nfproto ipv4 meta mark 7 accept;", GRADE_UNKNOWN,
		  "inbound IPv4 is closed but for" },
		{ "raw\n", "meta nfproto ipv4 ct state untracked accept;", GRADE_UNKNOWN,
		  "inbound IPv4 is closed but for" },
		{ "nat\n", "accept;", GRADE_FAIL, "inbound is open for IPv4 and IPv6" },
	};
	const struct exposed any = { 0 }, none = { .demanded = true };
	struct finding f;

	(void)state;
	/* That of the test before cannot be read. */
	root_close(&dir);
	assert_int_equal(root_open(&dir), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		root_text(&dir, NAMES4, rows[i].tables);
		look_with(rows[i].rules, any, dir.fd, &f);
		if (f.grade != rows[i].grade || strncmp(f.what, rows[i].what, strlen(rows[i].what)))
			fail_msg("%s, %s: %d, %s", rows[i].tables, rows[i].rules, f.grade, f.what);
		assert_int_equal(f.unread, *rows[i].tables != '\0');
	}
	root_text(&dir, NAMES4, "filter\n");
	look_with("", none, dir.fd, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	root_text(&dir, NAMES6, "mangle\nnat\n");
	look_with("", none, dir.fd, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_string_equal(f.what,
			    "iptables-legacy has a table nat, and what that forwards cannot "
			    "be seen");
	assert_non_null(strstr(f.todo, "journalctl -u lazaretd -g lazaret-legacy"));
	look_with("", any, dir.fd, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_string_equal(
		evidence(&f, "iptables-legacy")->what,
		"cannot be judged: iptables-legacy's filter, ip6tables-legacy's nat and "
		"mangle");
	/* What is seen to be wrong is more than what is not seen. */
	look_with("} \n chain p { type nat hook prerouting priority -100; tcp dport 80 dnat ip to "
		  "172.17.0.2;",
		  none, dir.fd, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
}

/* Rules that were read count as nf_tables' own. */
static void test_read_rules(void **state)
{
	static const struct {
		/* rules of nf_tables: in a chain that drops what is left; NULL: no chain */
		const char *commands, *rules;
		enum grade grade;
		const char *what, *todo;
	} rows[] = {
		{ "iptables-legacy -P INPUT DROP; ip6tables-legacy -P INPUT DROP", "accept;",
		  GRADE_PASS,
		  "inbound is closed: IPv4 by iptables-legacy filter INPUT, IPv6 by "
		  "ip6tables-legacy filter INPUT",
		  "" },
		{ "iptables-legacy -P INPUT DROP; ip6tables-legacy -P INPUT ACCEPT", "accept;",
		  GRADE_FAIL,
		  "inbound IPv6 is open by inet t c, rule 1 (handle 2); IPv4 is closed by "
		  "iptables-legacy filter INPUT",
		  "see it: nft -a list chain inet t c" },
		{ "ip6tables-legacy -P INPUT DROP; iptables-legacy -A INPUT -s 192.0.2.1 -j "
		  "ACCEPT; iptables-legacy -A INPUT -j ACCEPT",
		  NULL, GRADE_FAIL,
		  "inbound IPv4 is open by iptables-legacy filter INPUT, rule 2; IPv6 is closed by "
		  "ip6tables-legacy filter INPUT",
		  "see it: iptables-legacy -t filter -nvL INPUT --line-numbers" },
		{ "iptables-legacy -F; iptables-legacy -P INPUT ACCEPT; iptables-legacy -t nat -A "
		  "PREROUTING -p tcp "
		  "--dport 80 -j DNAT --to 172.17.0.2",
		  "", GRADE_FAIL, "past the rules for what comes in: tcp/80 to 172.17.0.2", NULL },
		{ "iptables-legacy -t nat -F; iptables-legacy -t mangle -A PREROUTING -j MARK "
		  "--set-mark 7",
		  "meta nfproto ipv4 meta mark 7 accept;", GRADE_FAIL,
		  "inbound IPv4 is open by inet t c, rule 1", NULL },
	};
	const struct exposed none = { .demanded = true };
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct legacy l = { 0 };
	struct finding f;

	(void)state;
	need_iptables_legacy();
	told = &l;
	for (size_t i = 0; i < COUNT(rows); i++) {
		_drop_(xtables_free) struct xtables rules = { 0 };
		struct fault fault = { 0 };

		l.rules = NULL;
		assert_int_equal(system(rows[i].commands), 0);
		assert_int_equal(legacy_read_own(&l), 0);
		assert_int_equal(legacy_gather(&l, &rules, &fault), 0);
		l.rules = &rules;
		if (rows[i].rules) {
			look_with(rows[i].rules, none, root, &f);
		} else {
			load_rules("");
			look_here(none, root, &f);
		}
		if (f.grade != rows[i].grade || strncmp(f.what, rows[i].what, strlen(rows[i].what)))
			fail_msg("%s: %d, %s", rows[i].commands, f.grade, f.what);
		if (rows[i].todo)
			assert_string_equal(f.todo, rows[i].todo);
		assert_false(f.unread);
		assert_int_equal(evidence(&f, "iptables-legacy")->grade, GRADE_PASS);
	}
	told = &no_tables;
}

static void test_text(void **state)
{
	char text[LEGACY_TEXT];

	(void)state;
	assert_string_equal(legacy_text(0, text), "");
	assert_string_equal(legacy_text(LEGACY_NAT, text), "nat");
	assert_string_equal(legacy_text(LEGACY_FILTER | LEGACY_RAW, text), "filter and raw");
	assert_string_equal(legacy_text(LEGACY_ALL, text), "filter, nat, mangle, raw and security");
}

static int set_up(void **state)
{
	int r = enter(state);

	return r < 0 ? r : root_open(&dir);
}

static int tear_down(void **state)
{
	(void)state;
	root_close(&dir);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),	 cmocka_unit_test(test_look),
		cmocka_unit_test(test_verdicts), cmocka_unit_test(test_read_rules),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests_name("legacy", tests, set_up, tear_down);
}
