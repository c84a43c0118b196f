// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules in front of a firewall, which are taken away one by one, and the others with them stay. */
#include <errno.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/remedy/in-front.h"
#include "netfilter/opening.h"
#include "netfilter/survey.h"
#include "tests/unit/netns.h"

#define INPUT(rules) "chain INPUT { type filter hook input priority 0; policy drop; " rules "}\n"
#define BEFORE	     "iif lo accept; ct state established,related accept;"
#define UFW	     "chain ufw-before-input { " BEFORE "}\n"
#define V4(chains)   "table ip filter { " UFW chains "}\n"
#define V6(rules)                                              \
	"table ip6 filter { chain ufw6-before-input { " BEFORE \
	"}\n" INPUT(rules "jump ufw6-before-input;") "}\n"
#define JUMP "jump ufw-before-input;"
#define OK   "chain OK { log; accept; }\n"

/* Reports to nowhere. */
static int clear(struct fault *fault)
{
	struct report report = { .fd = -1 };

	*fault = (struct fault){ 0 };
	return in_front_clear(&report, fault);
}

static void test_clear(void **state)
{
	static const struct {
		const char *rules;
		int r;
		bool closed;
		const char *left; /* of table ip filter */
	} rows[] = {
		{ "", 0, false, NULL },
		{ V4(INPUT("tcp dport 22 accept;" JUMP)), 0, false, "tcp dport 22 accept" },
		/* In both families; and what is beside it. */
		{ V4(INPUT("accept; ip saddr 192.0.2.1 accept;" JUMP)) V6("accept;"), 0, true,
		  "ip saddr 192.0.2.1 accept" },
		{ V4(INPUT("tcp dport 1-40000 accept; udp dport 1-65000 accept; accept;" JUMP))
			  V6("accept;"),
		  0, true, "jump ufw-before-input" },
		{ V4(INPUT("iifname vmap { lo : accept, eth0 : accept };" JUMP)) V6(""), 0, true,
		  "jump ufw-before-input" },
		{ V4(INPUT("ct state { new, established, related } accept;" JUMP)) V6(""), 0, true,
		  "jump ufw-before-input" },
		/* The way there, and nothing of a chain that others lead to, too. */
		{ V4(OK INPUT("tcp dport 22 jump OK;" JUMP "iifname eth0 jump OK;")) V6(""), 0,
		  true, "\t\taccept\n\t}\n\n\tchain INPUT" },
		{ V4(OK INPUT("tcp dport 22 jump OK;" JUMP "iifname eth0 jump OK;")) V6(""), 0,
		  true, "tcp dport 22 jump OK" },
		{ V4("chain b { accept; }\nchain a { ip saddr 192.0.2.7 drop; jump b; }\n" INPUT(
			  "jump a;" JUMP)) V6(""),
		  0, true, "ip saddr 192.0.2.7 drop" },
		/* Where ufw does not let loopback and answers in. */
		{ V4(OK INPUT("iif lo jump OK; ct state established,related jump OK; tcp dport 22 "
			      "jump OK; iifname eth0 jump OK;")) V6(""),
		  -EBUSY, false, "iifname \"eth0\" jump OK" },
		{ V4(OK INPUT("iif lo jump OK; iifname eth0 jump OK; drop;" JUMP)) V6(""), -EBUSY,
		  false, "iifname \"eth0\" jump OK" },
		{ V4(OK "chain no { drop; }\n" INPUT(
			  "iifname eth0 jump OK; iifname eth0 jump no;" JUMP)) V6(""),
		  -EBUSY, false, "iifname \"eth0\" jump OK" },
		{ V4(INPUT("ct state { new, established, related } accept;")) V6(""), -EBUSY, false,
		  "established" },
		{ V4(INPUT("iifname vmap { lo : accept, eth0 : accept };")) V6(""), -EBUSY, false,
		  "eth0" },
		/* In a table that is not ufw's, whichever of them is to blame. */
		{ "table inet mine { " INPUT("ct state { new, established } accept;") "}\n" V4(
			  "chain INPUT { type filter hook input priority 0; accept; " JUMP "}\n"),
		  -EBUSY, false, "accept" },
		/* ufw's own, be it in a chain that its own leads to; and what is no one rule. */
		{ V4("chain b { accept; }\nchain ufw-a { jump b; }\n" INPUT("jump ufw-a;" JUMP))
			  V6(""),
		  0, false, "jump b" },
		{ V4(INPUT("tcp dport 1-30000 accept; tcp dport 30001-60000 accept; "
			   "tcp dport 60001-65535 accept;" JUMP)) V6(""),
		  0, false, "30001" },
		/* Without an end. */
		{ V4(INPUT("accept;accept;accept;accept;accept;accept;accept;accept;accept;"
			   "accept;accept;accept;accept;accept;accept;accept;accept;" JUMP)) V6(""),
		  -EBUSY, false, "accept" },
	};
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nft nft = open_nft();
		struct fault fault;
		struct survey s;
		int r;

		load_rules(rows[i].rules);
		r = clear(&fault);
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		if (r != rows[i].r || (s.closed4 && s.closed6) != rows[i].closed ||
		    (rows[i].left && !strstr(shown("nft list table ip filter"), rows[i].left))) {
			print_error("row %zu: %d %s\n%s", i, r, fault.why,
				    shown("nft list ruleset"));
			failed++;
		}
		nft_close(&nft);
	}
	assert_int_equal(failed, 0);
}

/* What has come to its place since is another one. */
static void test_only_that_one(void **state)
{
	struct nft nft = open_nft();
	struct fault fault = { 0 };
	struct survey s;

	(void)state;
	load_rules(V4(INPUT("accept;")));
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_string_equal(s.open4.chain, "ip filter INPUT");
	assert_string_equal(s.open4.way, "ip filter INPUT");
	assert_int_equal(opening_close(&nft, &s.open6, &fault), -EINVAL);
	assert_int_equal(system("nft 'flush chain ip filter INPUT; add rule ip filter INPUT tcp "
				"dport 22 accept'"),
			 0);
	assert_int_equal(opening_close(&nft, &s.open4, &fault), -ENOENT);
	assert_non_null(strstr(shown("nft list table ip filter"), "tcp dport 22 accept"));
	nft_close(&nft);
}

/* The same by iptables-legacy, whose rules have no handles: in both families, and beside others. */
static void test_legacy(void **state)
{
	static const char lay[] =
		"for t in ip ip6; do c=ufw${t#ip}-before-input; t=${t}tables-legacy; $t -F; $t -X; "
		"$t -N $c; $t -A $c -i lo -j ACCEPT; $t -A $c -m conntrack --ctstate "
		"ESTABLISHED,RELATED -j ACCEPT; $t -P INPUT DROP; $t -A INPUT -p tcp --dport 22 -j "
		"ACCEPT; $t -A INPUT -j ACCEPT; $t -A INPUT -i eth0 -j ACCEPT; $t -A INPUT -j $c; "
		"done";
	static const char *const left[] = { "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT "
					    "-j ufw-before-input",
					    "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT\n-A INPUT "
					    "-j ufw6-before-input" };
	struct fault fault;
	const char *text;

	(void)state;
	need_iptables_legacy();
	load_rules("");
	assert_int_equal(system(lay), 0);
	if (clear(&fault) != 0)
		fail_msg("%s", fault.why);
	assert_non_null(strstr(shown("iptables-legacy -S INPUT"), left[0]));
	assert_non_null(strstr(shown("ip6tables-legacy -S INPUT"), left[1]));
	/* Somebody who lays one meanwhile moves the others. */
	assert_int_equal(
		system("iptables-legacy -I INPUT -j ACCEPT; { flock /run/xtables.lock sh "
		       "-c 'sleep 0.5; XTABLES_LOCKFILE=/dev/null iptables-legacy -I INPUT "
		       "-s 192.0.2.66 -j DROP'; } & sleep 0.2"),
		0);
	assert_int_equal(clear(&fault), 0);
	text = shown("iptables-legacy -S INPUT");
	assert_non_null(strstr(text, "-A INPUT -s 192.0.2.66/32 -j DROP"));
	assert_null(strstr(text, "-A INPUT -j ACCEPT"));
	/* What is not ufw's is left. */
	assert_int_equal(system("iptables-legacy -F ufw-before-input; iptables-legacy -F INPUT; "
				"iptables-legacy -A INPUT -j ACCEPT"),
			 0);
	assert_int_equal(clear(&fault), -EBUSY);
	assert_string_equal(fault.why, "iptables-legacy filter INPUT, rule 1 lets everything in, "
				       "and is not ufw's");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_legacy),
		cmocka_unit_test(test_only_that_one),
	};

	return cmocka_run_group_tests_name("in-front", tests, enter_netns, NULL);
}
