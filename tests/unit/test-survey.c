// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a ruleset closes inbound, and by which chain. */
#include <linux/netfilter.h>

#include "agent/base/count.h"
#include "netfilter/survey.h"
#include "tests/unit/chains.h"
#include "tests/unit/netns.h"

/* A small ufw: its chains, its jumps, its early drop for what is not addressed to us. */
#define UFW(policy)                                                                             \
	"table ip filter {\n"                                                                   \
	" chain ufw-user { tcp dport 22 accept; }\n"                                            \
	" chain ufw-not-local { fib daddr type local return; fib daddr type multicast "         \
	"return; limit rate 3/minute counter log; drop; }\n"                                    \
	" chain ufw-before { iifname lo accept; ct state established,related accept; "          \
	"ct state invalid drop; icmp type echo-request accept; udp sport 67 udp dport 68 "      \
	"accept; counter jump ufw-not-local; ip daddr 224.0.0.251 udp dport 5353 accept; "      \
	"counter jump ufw-user; }\n"                                                            \
	" chain ufw-after { udp dport 137 jump ufw-skip; }\n"                                   \
	" chain ufw-skip { drop; }\n"                                                           \
	" chain INPUT { " INPUT(policy) " counter jump ufw-before; counter jump ufw-after; }\n" \
					"}\n"

/* firewalld's default zone, public: everything accepts by policy, and the last rule rejects. */
#define FIREWALLD(target)                                                                      \
	"table inet firewalld {\n"                                                             \
	" chain ipv6_allow { icmpv6 type { nd-neighbor-advert, nd-neighbor-solicit, "          \
	"nd-router-advert, nd-redirect } accept; }\n"                                          \
	" chain before { jump ipv6_allow; }\n"                                                 \
	" chain allow { tcp dport 22 accept; ip6 daddr fe80::/64 udp dport 546 accept; }\n"    \
	" chain public { jump before; jump allow; meta l4proto { icmp, ipv6-icmp } "           \
	"accept; " target " }\n"                                                               \
	" chain zones { iifname eth7 goto public; goto public; }\n"                            \
	" chain filter_INPUT { type filter hook input priority 10; policy accept; "            \
	"ct state { established, related } accept; ct status dnat accept; iifname lo accept; " \
	"ct state invalid drop; jump zones; reject with icmpx admin-prohibited; }\n"           \
	"}\n"

static const struct row {
	const char *what, *rules;
	bool closed4, closed6;
	const char *by4;
} rows[] = {
	{ "nothing", "", false, false, "" },
	{ "an empty chain", ONE(""), false, false, "" },
	{ "policy drop", "table ip t { chain c { " INPUT("drop") " } }", true, false, "ip t c" },
	{ "both families", "table inet t { chain c { " INPUT("drop") " } }", true, true,
	  "inet t c" },
	{ "only IPv6", "table ip6 t { chain c { " INPUT("drop") " } }", false, true, "" },
	{ "another hook",
	  "table ip t { chain c { type filter hook output priority 0; policy drop; } }", false,
	  false, "" },
	{ "dormant", "table inet t { flags dormant; chain c { " INPUT("drop") " } }", false, false,
	  "" },
	{ "our own", "table inet lazaret { chain c { " INPUT("drop") " } }", false, false, "" },
	{ "ufw, deny", UFW("drop"), true, false, "ip filter INPUT" },
	{ "ufw, allow", UFW("accept"), false, false, "" },
	{ "firewalld, default", FIREWALLD(""), true, true, "inet firewalld filter_INPUT" },
	{ "firewalld, trusted", FIREWALLD("accept;"), false, false, "" },
	{ "workstation.nft",
	  "table inet f { chain i { " INPUT(
		  "drop") " ct state vmap { established: accept, related: "
			  "accept, invalid: drop }; iif lo accept; tcp dport { 22, 80 } accept; "
			  "udp dport 5353 "
			  "accept; ip protocol icmp limit rate 4/second accept; icmpv6 type "
			  "nd-router-advert "
			  "accept; counter comment \"rest\"; } }",
	  true, true, "inet f i" },
	{ "a last drop", ONE("ct state established accept; iif lo accept; counter log drop"), true,
	  true, "inet t c" },
	{ "accept before the drop", ONE("accept; drop"), false, false, "" },
	{ "all tcp", ONE("meta l4proto tcp accept; drop"), false, false, "" },
	{ "all udp", ONE("meta l4proto udp counter accept; drop"), false, false, "" },
	{ "all ipv4", ONE("meta nfproto ipv4 accept; drop"), false, true, "" },
	{ "all of the family by ip protocol", ONE("ip protocol tcp accept; drop"), false, true,
	  "" },
	{ "everything new", ONE("ct state new accept; drop"), false, false, "" },
	{ "new and known", ONE("ct state new,established accept; drop"), false, false, "" },
	{ "known only", ONE("ct state established,related accept; drop"), true, true, "inet t c" },
	{ "not loopback", ONE("iifname != lo accept; drop"), false, false, "" },
	{ "all but one", ONE("ip saddr != 192.0.2.1 accept; drop"), false, true, "" },
	{ "drop of all but one", ONE("iifname != wan0 drop"), false, false, "" },
	{ "port 1024 and up", ONE("tcp dport 1024-65535 accept; drop"), false, false, "" },
	{ "all but the low ports", ONE("tcp dport != 1-1023 accept; drop"), false, false, "" },
	{ "all but the high ports", ONE("tcp dport != 1024-65535 accept; drop"), true, true,
	  "inet t c" },
	{ "ports about the middle", ONE("tcp dport 20000-49151 accept; drop"), true, true,
	  "inet t c" },
	{ "a few ports", ONE("tcp dport 8000-8100 accept; drop"), true, true, "inet t c" },
	{ "a slow open door", ONE("limit rate 10/second accept; drop"), false, false, "" },
	{ "a limited drop", ONE("limit rate over 10/second drop"), false, false, "" },
	{ "two half drops", ONE("meta l4proto tcp drop; meta l4proto udp drop"), true, true,
	  "inet t c" },
	{ "one half drop", ONE("meta l4proto tcp drop"), false, false, "" },
	{ "an early return",
	  "table inet t { chain d { ip saddr 10.0.0.0/8 return; drop; }\n chain c { " INPUT(
		  "accept") " jump d; } }",
	  false, true, "" },
	{ "goto does not come back",
	  "table inet t { chain d { tcp dport 1 drop; }\n chain c { " INPUT(
		  "accept") " goto d; drop; } }",
	  false, false, "" },
	{ "jump comes back",
	  "table inet t { chain d { tcp dport 1 drop; }\n chain c { " INPUT(
		  "accept") " jump d; drop; } }",
	  true, true, "inet t c" },
	{ "a flag that is not set", ONE("meta mark & 0xff == 0 accept; drop"), false, false, "" },
	{ "a flag that is set", ONE("meta mark & 0xff != 0 accept; drop"), true, true, "inet t c" },
	{ "a mark is no condition", ONE("meta mark set 7 ct mark set 8 drop"), true, true,
	  "inet t c" },
#define OPEN(rules)   "open: " rules, ONE(rules " accept; drop"), false, false, ""
#define CLOSED(rules) "closed: " rules, ONE(rules " accept; drop"), true, true, "inet t c"
	{ OPEN("meta l4proto { tcp, udp }") },
	{ OPEN("meta l4proto { 6-17 }") },
	{ CLOSED("meta l4proto { icmp, ipv6-icmp, igmp }") },
	{ CLOSED("meta l4proto { 50-51 }") },
	{ OPEN("ct state { new, established }") },
	{ CLOSED("ct state { related, established }") },
	{ OPEN("ct direction original") },
	{ CLOSED("ct status dnat") },
	{ OPEN("meta protocol { ip, ip6 }") },
	{ OPEN("fib daddr type local") },
	{ CLOSED("fib daddr type { multicast, broadcast }") },
	{ OPEN("meta pkttype host") },
	{ OPEN("meta pkttype { broadcast, multicast }") },
	{ CLOSED("tcp dport 0-65535 meta pkttype { broadcast, multicast }") },
	{ OPEN("iiftype ether") },
	{ CLOSED("iiftype loopback") },
	{ OPEN("mark 0") },
	{ OPEN("iifname { eth0, wlan0 }") },
	{ OPEN("iifname eth0") },
	{ OPEN("iifname != { eth0, wlan0 }") },
	{ OPEN("iifname \"e*\"") },
	{ CLOSED("iifname { lo, docker0, virbr0, wg0 }") },
	{ CLOSED("iif lo") },
	{ CLOSED("iifname \"virbr*\"") },
	{ OPEN("tcp sport 53") },
	{ CLOSED("tcp sport 53 tcp dport 1024") },
	{ OPEN("tcp dport { 0-30000, 30001-65535 }") },
	{ OPEN("tcp dport { 1024-65535 }") },
	{ CLOSED("tcp dport { 22, 80, 8000-8100 }") },
	{ CLOSED("udp dport { 5353 }") },
	{ CLOSED("tcp dport < 1024") },
	{ OPEN("tcp flags & (fin | syn | rst | ack) == syn") },
	{ CLOSED("tcp flags & (ack | rst) != 0") },
	{ CLOSED("ether saddr 02:00:00:00:00:01") },
	{ CLOSED("meta secpath exists") },
	{ OPEN("meta hour \"08:00\"-\"18:00\"") },
	/* Rules that each name little, and together everything. */
	{ "two halves of the ports",
	  ONE("tcp dport 1-32700 accept; tcp dport 32701-65400 accept; drop"), false, false, "" },
	{ "halves for two interfaces",
	  ONE("iifname a tcp dport 49152-65535 accept; iifname b tcp dport 49152-65535 accept; "
	      "drop"),
	  true, true, "inet t c" },
	{ "quarters of the ports, one of them dropped before",
	  ONE("udp dport 30000-65535 drop; udp dport 0-20000 accept; udp dport 20001-40000 accept; "
	      "drop"),
	  true, true, "inet t c" },
	{ "jumps by port",
	  "table inet t { chain a { accept; }\n chain c { " INPUT(
		  "drop") " tcp dport 1-30000 jump a; tcp dport 30001-60000 goto a; } }",
	  false, false, "" },
	{ "a map and a set of ports",
	  ONE("tcp dport vmap { 1-10000 : accept, 10001-20000 : accept }; tcp dport { "
	      "20001-30000, 30001-40000 } accept; drop"),
	  false, false, "" },
	{ "all addresses, piece by piece",
	  ONE("ip saddr 0.0.0.0/5 accept; ip saddr 8.0.0.0/5 accept; ip saddr 16.0.0.0/5 accept; "
	      "ip saddr { 24.0.0.0/5, 32.0.0.0/6 } accept; ip saddr 36.0.0.0/6 accept; ip saddr "
	      "40.0.0.0/5 accept; ip saddr 48.0.0.0/5 accept; ip saddr 56.0.0.0/5 accept; ip saddr "
	      "64.0.0.0/5 accept; ip saddr 72.0.0.0/5 accept; ip saddr 80.0.0.0/5 accept; ip saddr "
	      "88.0.0.0/5 accept; ip saddr 96.0.0.0/5 accept; ip saddr 104.0.0.0/5 accept; ip "
	      "saddr 112.0.0.0/5 accept; ip saddr 120.0.0.0/5 accept; drop"),
	  false, true, "" },
	{ "the Internet, piece by piece",
	  ONE("ip6 saddr 2000::/5 accept; ip6 saddr 2800::/5 accept; ip6 saddr 3000::/5 accept; "
	      "drop"),
	  true, false, "inet t c" },
	{ "half of the addresses twice", ONE("ip saddr { 0.0.0.0/1, 128.0.0.0/1 } accept; drop"),
	  false, true, "" },
	{ "half of the addresses", ONE("ip saddr 128.0.0.0/1 accept; drop"), false, true, "" },
	{ "the public Internet", ONE("ip6 saddr 2000::/3 accept; drop"), true, false, "inet t c" },
	{ "some networks",
	  ONE("ip saddr { 10.0.0.0/8, 192.168.0.0/16 } accept; ip6 saddr { fc00::/7, fe80::/10 } "
	      "accept; ip6 saddr fe80::/10 accept; ip6 saddr 2001:db8::/48 accept; drop"),
	  true, true, "inet t c" },
	{ "small networks", ONE("ip6 saddr { 2001:db8::/48 } accept; drop"), true, true,
	  "inet t c" },
	{ "pairs",
	  ONE("ip saddr . tcp dport { 192.0.2.1 . 22, 10.0.0.0/8 . 1-65535 } accept; drop"), true,
	  true, "inet t c" },
	{ "pairs of everything", ONE("ip saddr . tcp dport { 0.0.0.0/0 . 1-65535 } accept; drop"),
	  false, true, "" },
	{ "my address", ONE("ip daddr 192.0.2.7 accept; drop"), false, true, "" },
	{ "a group", ONE("ip daddr 224.0.0.0/4 accept; ip6 daddr ff00::/8 accept; drop"), true,
	  true, "inet t c" },
	{ "a named set",
	  "table ip t { set s { type ipv4_addr; flags interval; elements = { 0.0.0.0/0 }; }\n"
	  " chain c { " INPUT("drop") " ip saddr @s accept; } }",
	  false, false, "" },
	{ "an empty set",
	  "table ip t { set s { type ipv4_addr; }\n chain c { " INPUT(
		  "drop") " ip saddr @s accept; } }",
	  true, false, "ip t c" },
	{ "a map of states", ONE("ct state vmap { new : accept, established : accept }; drop"),
	  false, false, "" },
	{ "a map of other states",
	  ONE("ct state vmap { invalid : drop, established : accept }; drop"), true, true,
	  "inet t c" },
	{ "a map of interfaces", ONE("iifname vmap { lo : accept, eth0 : accept }; drop"), false,
	  false, "" },
	{ "a map of ports", ONE("tcp dport vmap { 22 : accept, 23 : drop }; drop"), true, true,
	  "inet t c" },
	{ "a map of all ports", ONE("tcp dport vmap { 0-1023 : drop, 1024-65535 : accept }; drop"),
	  false, false, "" },
	{ "a map that decides", ONE("meta l4proto vmap { tcp : drop, udp : drop }"), true, true,
	  "inet t c" },
	{ "a map of jumps",
	  "table inet t { chain in4 { icmp type echo-request limit rate 5/second accept; }\n"
	  " chain in6 { icmpv6 type { nd-neighbor-solicit, nd-router-advert } accept; }\n"
	  " chain c { " INPUT("drop") " iifname lo accept; meta protocol vmap { ip : jump in4, "
				      "ip6 : jump in6 }; tcp dport { 22, 80, 443 } accept; } }",
	  true, true, "inet t c" },
	{ "a map with a jump to accept",
	  "table inet t { chain in4 { accept; }\n chain in6 { drop; }\n chain c { " INPUT(
		  "drop") " meta protocol vmap { ip : jump in4, ip6 : jump in6 }; } }",
	  false, true, "" },
#define RAW(rules)                                                                             \
	"table inet raw { chain p { type filter hook prerouting priority -300; " rules "; }\n" \
	"chain o { type filter hook output priority -300; notrack; } }\n"
	{ "untracked, and all is tracked", ONE("ct state established,untracked accept; drop"), true,
	  true, "inet t c" },
	{ "untracked, and nothing is tracked",
	  RAW("notrack") ONE("ct state established,untracked accept; drop"), false, false, "" },
	{ "one port is not tracked",
	  RAW("udp dport 53 notrack") ONE("ct state established,untracked accept; drop"), true,
	  true, "inet t c" },
	{ "nothing is tracked, and dropped",
	  RAW("notrack") ONE("ct state established accept; drop"), true, true, "inet t c" },
	{ "only what is new is dropped",
	  RAW("meta nfproto ipv6 notrack") ONE("ct state new,invalid drop"), false, false, "" },
	{ "open and closed chains",
	  "table ip a { chain c { type filter hook input priority -5; accept; } }\n"
	  "table ip b { chain c { " INPUT(
		  "drop") " } }\n"
			  "table ip d { chain c { type filter hook input priority 9; drop; } }",
	  true, false, "ip b c" },
};

static void test_rulesets(void **state)
{
	struct nft nft = open_nft();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct survey s;
		struct fault f = { 0 };

		load_rules(rows[i].rules);
		assert_int_equal(survey_inbound(&nft, &s, &f), 0);
		if (s.closed4 != rows[i].closed4 || s.closed6 != rows[i].closed6)
			fail_msg("%s: closed4 %d, closed6 %d", rows[i].what, s.closed4, s.closed6);
		assert_string_equal(s.by4, rows[i].by4);
	}
	nft_close(&nft);
}

/* More than any receive buffer holds: the kernel sends it in pieces. */
static void test_a_large_ruleset(void **state)
{
	struct nft nft = open_nft();
	struct survey s;
	FILE *p = popen("nft -f -", "w");

	(void)state;
	assert_non_null(p);
	fputs("flush ruleset\ntable inet t {\n", p);
	for (int chain = 0; chain < 50; chain++) {
		fprintf(p, "chain c%d {\n", chain);
		for (int i = 0; i < 400; i++)
			fprintf(p, "ip saddr 10.%d.%d.1 tcp dport %d counter accept\n", chain,
				i % 250, i + 1);
		fputs("}\n", p);
	}
	fputs("chain input { " INPUT("drop") "\n", p);
	for (int chain = 0; chain < 50; chain++)
		fprintf(p, "jump c%d\n", chain);
	fputs("}\n}\n", p);
	assert_int_equal(pclose(p), 0);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_true(s.closed4 && s.closed6);
	assert_string_equal(s.by6, "inet t input");
	nft_close(&nft);
}

/* ufw and most hands come by way of iptables-nft, with its extensions. */
static void test_iptables_nft(void **state)
{
	static const char *const lines[] = {
		"-P INPUT DROP",
		"-N a",
		"-A INPUT -i lo -j ACCEPT",
		"-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
		"-A INPUT -m comment --comment x -j a",
		"-A a -m limit --limit 3/min -j LOG --log-prefix x",
		"-A a -p tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT",
	};
	struct nft nft = open_nft();
	char line[200];
	struct survey s;

	(void)state;
	need_iptables_nft();
	load_rules("");
	for (size_t i = 0; i < COUNT(lines); i++) {
		snprintf(line, sizeof(line), "iptables-nft %s", lines[i]);
		assert_int_equal(system(line), 0);
	}
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_true(s.closed4 && !s.closed6);
	assert_int_equal(system("iptables-nft -A a -m state --state UNTRACKED -j ACCEPT; "
				"iptables-nft -A a -m conntrack --ctstate UNTRACKED -j ACCEPT"),
			 0);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_true(s.closed4);
	assert_int_equal(system("iptables-nft -t raw -A PREROUTING -j CT --notrack"), 0);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_false(s.closed4);
	assert_int_equal(system("iptables-nft -t raw -F"), 0);
	assert_int_equal(system("iptables-nft -P INPUT ACCEPT"), 0);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_false(s.closed4);
	assert_int_equal(system("iptables-nft -A INPUT -m comment --comment x -j REJECT"), 0);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_true(s.closed4);
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rulesets),
		cmocka_unit_test(test_a_large_ruleset),
		cmocka_unit_test(test_iptables_nft),
	};

	return cmocka_run_group_tests_name("survey", tests, enter_netns, NULL);
}
