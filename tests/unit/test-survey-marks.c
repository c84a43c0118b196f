// SPDX-License-Identifier: GPL-2.0-or-later
/* Nobody marks a packet from the network but a rule that it meets. */
#include <linux/netfilter.h>

#include "agent/base/count.h"
#include "netfilter/survey.h"
#include "tests/unit/chains.h"
#include "tests/unit/netns.h"

#define CHAIN(family, hook, rules)                                                                \
	"table " family " m { chain m { type filter hook " hook " priority -150; " rules "; }\n " \
	"}\n"
#define BEFORE(rules)	 CHAIN("inet", "prerouting", rules)
#define ACCEPT(match)	 ONE(match " accept; drop")
#define UNTRACKED(rules) CHAIN("inet", "prerouting", "notrack") ONE(rules)
#define CALLED(hook, rules)                                                        \
	"table inet m { chain n { " rules "; }\n chain m { type filter hook " hook \
	" priority -150; jump n; }\n }\n"

static const struct row {
	const char *rules;
	bool closed;
} rows[] = {
	{ ACCEPT("meta mark 0xe1f1"), true },
	{ ACCEPT("ct mark 0xe1f1"), true },
	{ ACCEPT("ct mark { 1, 2 }"), true },
	{ ACCEPT("meta mark & 0x10000 == 0x10000"), true },
	{ ACCEPT("meta mark 0"), false },
	{ ACCEPT("ct mark & 0xff == 0"), false },
	{ ACCEPT("meta mark != 0xe1f1"), false },
	{ ONE("meta mark vmap { 0 : drop, 1 : accept }"), true },
	{ ONE("meta mark 0 drop"), true },
	/* Who sets it, and which bits of it. */
	{ BEFORE("tcp dport 7 meta mark set 0xe1f1") ACCEPT("meta mark 0xe1f1"), false },
	{ BEFORE("tcp dport 7 meta mark set 0xe1f1") ACCEPT("ct mark 0xe1f1"), false },
	{ BEFORE("ct mark set 0xe1f1") ACCEPT("meta mark 0xe1f1"), false },
	{ BEFORE("meta mark set 0x1") ACCEPT("meta mark 0xe1f1"), true },
	{ BEFORE("meta mark set 0x1") ACCEPT("meta mark & 0x2 == 0x2"), true },
	{ BEFORE("meta mark set 0x1") ACCEPT("meta mark & 0x1 == 0x0"), false },
	{ BEFORE("meta mark set 0x1") ONE("meta mark 0x0 drop"), false },
	{ BEFORE("meta mark set meta mark or 0x2") ACCEPT("meta mark & 0x2 == 0x2"), false },
	{ BEFORE("meta mark set meta mark or 0x2") ACCEPT("meta mark & 0x1 == 0x1"), true },
	{ BEFORE("meta mark set meta mark and 0x2") ACCEPT("meta mark & 0x2 == 0x2"), true },
	{ BEFORE("meta mark set numgen inc mod 9") ACCEPT("meta mark 8"), false },
	{ BEFORE("meta mark set tcp dport map { 22 : 1 }") ACCEPT("meta mark 1"), false },
	/* What goes from one mark to the other comes from somewhere. */
	{ BEFORE("meta mark set ct mark") ACCEPT("meta mark 0xe1f1"), true },
	{ BEFORE("meta mark set ct mark; ct mark set meta mark") ACCEPT("ct mark 1"), true },
	{ ONE("meta mark set 7; meta mark 7 accept; drop"), false },
	/* Where a packet to this host comes by, or not. */
	{ CHAIN("inet", "output", "meta mark set 1") ACCEPT("meta mark 1"), true },
	{ CHAIN("ip", "forward", "ct mark set 1") ACCEPT("ct mark 1"), true },
	{ CHAIN("inet", "postrouting", "ct mark set 1") ACCEPT("ct mark 1"), true },
	{ CHAIN("netdev", "ingress device lo", "meta mark set 1") ACCEPT("meta mark 1"), false },
	{ CHAIN("bridge", "prerouting", "meta mark set 1") ACCEPT("meta mark 1"), false },
	{ CALLED("prerouting", "meta mark set 1") ACCEPT("meta mark 1"), false },
	{ "table ip z { flags dormant; chain z { meta mark set 1; } }\n" ACCEPT("meta mark 1"),
	  true },
	/* What conntrack passes over has no connection: each question about one ends the rule. */
	{ UNTRACKED("ct mark 0 drop"), false },
	{ UNTRACKED("ct direction original drop"), false },
	{ UNTRACKED("ct state new drop; ct mark != 1 accept; drop"), true },
};

static void test_rules(void **state)
{
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		load_rules(rows[i].rules);
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		if (s.closed4 != rows[i].closed || s.closed6 != rows[i].closed)
			fail_msg("%s: %d, %d", rows[i].rules, s.closed4, s.closed6);
	}
	nft_close(&nft);
}

/* Before what ufw lays, as a VPN's client does for what it sent itself. */
static void test_iptables_nft(void **state)
{
	static const struct {
		const char *rules; /* a line each */
		bool closed;
	} cases[] = {
		{ "-A INPUT -m connmark --mark 0xe1f1 -j ACCEPT", true },
		{ "-A INPUT -m mark --mark 0x10000/0x10000 -j ACCEPT", true },
		{ "-A INPUT -m connmark ! --mark 0xe1f1 -j ACCEPT", false },
		{ "-A INPUT -m connmark --mark 0x0/0xff -j ACCEPT", false },
		{ "-A INPUT -m connmark --mark 0xe1f1 -j CONNMARK --restore-mark\n"
		  "-A INPUT -m mark --mark 0xe1f1 -j ACCEPT\n"
		  "-A OUTPUT -m mark --mark 0xe1f1 -j CONNMARK --save-mark",
		  true },
		{ "-A OUTPUT -j MARK --set-mark 1\n-A INPUT -m mark --mark 1 -j ACCEPT", true },
		{ "-A INPUT -s 192.0.2.1 -j MARK --set-mark 1\n-A INPUT -m mark --mark 1 -j ACCEPT",
		  false },
		{ "-A INPUT -j MARK --set-xmark 0x0/0xf0000\n"
		  "-A INPUT -m mark --mark 0x10000/0x10000 -j ACCEPT",
		  true },
		{ "-N ts-forward\n-A ts-forward -j MARK --set-xmark 0x40000/0xff0000\n"
		  "-A INPUT -m mark --mark 0xe1f1 -j ACCEPT",
		  true },
		{ "-t mangle -A PREROUTING -j CONNMARK --set-mark 1\n"
		  "-A INPUT -m connmark --mark 1 -j ACCEPT",
		  false },
		{ "-t raw -A PREROUTING -j CT --notrack\n"
		  "-A INPUT -m state --state NEW -j DROP\n"
		  "-A INPUT -m connmark ! --mark 1 -j ACCEPT",
		  true },
		{ "-t raw -A PREROUTING -j CT --notrack\n"
		  "-A INPUT -m state --state NEW -j DROP\n"
		  "-A INPUT -m conntrack --ctstate UNTRACKED --ctstatus ASSURED -j ACCEPT",
		  false },
	};
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	need_iptables_nft();
	for (size_t i = 0; i < COUNT(cases); i++) {
		char line[500];

		load_rules("");
		snprintf(line, sizeof(line), "echo '-P INPUT DROP\n%s' | xargs -L 1 iptables-nft",
			 cases[i].rules);
		assert_int_equal(system(line), 0);
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		if (s.closed4 != cases[i].closed)
			fail_msg("%s: closed %d", cases[i].rules, s.closed4);
	}
	nft_close(&nft);
}

/*
 * Behind all rules the first mark is set, by which one sends on, by which another port is led to: a
 * ruleset that takes long to read is read as often as that takes.
 */
static void test_slow(void **state)
{
	enum { N = 20000 };
	struct nft nft = open_nft();
	FILE *rules = rules_begin();
	struct survey s;

	(void)state;
	fputs("table ip a { chain p { type nat hook prerouting priority -100; meta mark 1 tcp "
	      "dport 99 "
	      "redirect to :22; }\n }\n"
	      "table inet b { chain c { type filter hook input priority 0; policy drop;",
	      rules);
	for (unsigned i = 0; i < N; i++)
		fprintf(rules, "\nip saddr 10.0.%u.%u drop", i >> 8, i & 255);
	fputs("\n}\n }\n" CHAIN("ip", "prerouting", "tcp dport 99 meta mark set 1"), rules);
	rules_end(rules);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_true(s.closed4);
	assert_int_equal(s.all_forwards, 1);
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_iptables_nft),
		cmocka_unit_test(test_slow),
	};

	return cmocka_run_group_tests_name("survey-marks", tests, enter_netns, NULL);
}
