// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules that seem to be for few, or to drop all, and leave the rest to whoever sends. */
#include <linux/netfilter.h>

#include "agent/base/count.h"
#include "netfilter/survey.h"
#include "tests/unit/chains.h"
#include "tests/unit/netns.h"

static const struct row {
	const char *rules;
	bool closed4, closed6;
} fields[] = {
#define OPEN(rules)                      \
	{                                \
		ONE(rules), false, false \
	}
#define CLOSED(rules)                  \
	{                              \
		ONE(rules), true, true \
	}
	/* Headers may stand before TCP's in IPv6, though not before one that has another. */
	{ ONE("meta nfproto ipv4 drop; ip6 nexthdr { tcp, udp } drop"), true, false },
	CLOSED("meta nfproto ipv4 drop; ip6 nexthdr != 58 drop"),
	{ ONE("ip6 nexthdr 60 accept; drop"), true, false },
	{ ONE("ip6 nexthdr { 0, 59 } accept; drop"), true, false },
	{ ONE("ip6 nexthdr { 58-61 } accept; drop"), true, false },
	{ ONE("ip6 nexthdr 40-45 accept; drop"), true, false },
	{ ONE("ip6 nexthdr tcp accept; drop"), true, false },
	{ ONE("ip6 nexthdr tcp tcp dport 22 accept; drop"), true, true },
	CLOSED("ip6 nexthdr { 58, 89 } accept; ip6 nexthdr { 88-90 } accept; drop"),
	CLOSED("ip6 nexthdr { esp, ah } accept; drop"),
	CLOSED("ip protocol { tcp, udp } drop; meta l4proto { tcp, udp } drop"),
	/* Of TCP's flags a listener looks at four. */
	OPEN("tcp flags & (ecn | cwr) != 0 accept; drop"),
	OPEN("tcp flags & (syn | psh) == syn | psh accept; drop"),
	OPEN("tcp flags == syn accept; drop"),
	OPEN("tcp flags { syn, syn | ecn } accept; drop"),
	OPEN("tcp flags & (fin | syn | rst | psh | ack | urg) == syn drop; udp dport 0-65535 drop"),
	CLOSED("tcp flags & (syn | ack) == syn drop; udp dport 0-65535 drop"),
	CLOSED("tcp flags & (fin | syn | rst | psh | ack | urg) == fin | psh | urg accept; drop"),
	CLOSED("tcp flags == 0 accept; tcp flags { ack, rst | ack } accept; drop"),
};

/* What a rule sends to another port has been redirected; so has what it sends to its own. */
#define REDIRECTS(rules) \
	"table ip n { chain p { type nat hook prerouting priority -100; " rules "; }\n }\n"

static const struct row redirects[] = {
	{ REDIRECTS("redirect") ONE("ct status dnat accept; drop"), false, true },
	{ REDIRECTS("redirect") ONE("ct status dnat drop; drop"), true, true },
	{ REDIRECTS("tcp dport 1-99 redirect") ONE("ct status dnat accept; drop"), true, true },
	{ REDIRECTS("meta l4proto tcp redirect to :22") ONE("ct status dnat accept; drop"), true,
	  true },
};

/* A set that packets fill has in it whom they please. */
#define FILLS(flags, add, rules)                                                         \
	"table ip t { set s { type ipv4_addr; " flags " }\n chain p { type filter hook " \
	"prerouting priority 0; " add "; }\n chain c { " INPUT("accept") " " rules "; } }"
#define LATER(add) "\nadd rule ip t p " add
#define LIMITED(by, whom, rules) \
	FILLS("flags interval; " by " elements = { " whom " };", "accept", rules)
#define LIMITED_MAP(by)                                                                \
	"table inet t { map m { type inet_proto : verdict; " by " elements = { tcp : " \
	"drop, udp : drop }; }\n chain c { " INPUT("accept") " meta l4proto vmap @m; } }"
#define DYNAMIC "flags dynamic,timeout; timeout 1m;"

static const struct row sets[] = {
	{ FILLS(DYNAMIC, "add @s { ip saddr }", "ip saddr @s accept; drop"), false, false },
	{ FILLS(DYNAMIC, "add @s { ip saddr }", "ip saddr != @s drop"), false, false },
	{ FILLS(DYNAMIC, "accept", "ip saddr @s drop; drop"), true, false },
	{ FILLS(DYNAMIC, "accept", "tcp dport 22 ip saddr @s accept; drop"), true, false },
	/* The set itself need not say so. */
	{ FILLS("", "accept", "ip saddr @s accept; drop") LATER("add @s { ip saddr }"), false,
	  false },
	{ FILLS("flags timeout; size 9;", "accept", "ip saddr @s accept; drop")
		  LATER("tcp dport 7 update @s { ip saddr timeout 1m }"),
	  false, false },
	{ FILLS("", "accept", "ip saddr @s accept; drop") LATER("ip saddr @s drop"), true, false },
	/* What is in it up to a limit is not always in it. */
	{ LIMITED("limit rate over 9/second;", "0.0.0.0/0", "ip saddr @s drop"), false, false },
	{ LIMITED("quota over 9 mbytes;", "0.0.0.0/0", "ip saddr @s drop; drop"), true, false },
	{ LIMITED("limit rate 9/second;", "192.0.2.1", "ip saddr @s accept; drop"), true, false },
	{ LIMITED("limit rate 9/second;", "0.0.0.0/0", "ip saddr @s accept; drop"), false, false },
	{ LIMITED("counter;", "0.0.0.0/0", "ip saddr @s drop"), true, false },
	{ LIMITED_MAP("limit rate over 9/second;"), false, false },
	{ LIMITED_MAP("counter;"), true, true },
	/* Who is refused by programs (fail2ban, crowdsec), or let in by them, is theirs. */
	{ FILLS("flags timeout;", "accept", "ip saddr @s drop; drop"), true, false },
	{ FILLS("flags timeout;", "accept", "ip saddr @s accept; drop"), true, false },
};

/* Packets sent on by loopback come in as if from this host. */
#define HOME(family, chain, rules) \
	ONE("iif lo accept; drop") \
	"table " family " z { chain z { " chain " priority -400; " rules "; } }\n"
#define INGRESS	   "type filter hook ingress device pair"
#define PREROUTING "type filter hook prerouting"

static const struct row homes[] = {
	{ HOME("netdev", INGRESS, "ether daddr set 00:00:00:00:00:00 fwd to lo"), false, false },
	{ HOME("netdev", INGRESS, "tcp dport 80 dup to lo"), false, false },
	{ HOME("netdev", INGRESS, "fwd to pair"), true, true },
	{ HOME("netdev", INGRESS, "dup to pair"), true, true },
	{ HOME("netdev", INGRESS, "fwd to tcp dport map { 80 : lo }"), false, false },
	{ HOME("ip", PREROUTING, "dup to 127.0.0.1"), false, false },
	{ HOME("ip6", PREROUTING, "dup to ::1"), false, false },
	{ HOME("ip", PREROUTING, "dup to 192.0.2.9 device lo"), false, false },
	{ HOME("ip", PREROUTING, "dup to 192.0.2.9"), true, true },
	{ HOME("ip", PREROUTING, "dup to 127.0.0.1 device pair"), true, true },
	{ HOME("ip", "type filter hook output", "dup to 127.0.0.1"), true, true },
};

static void judge(const struct row *rows, size_t n)
{
	struct nft nft = open_nft();
	struct survey s;

	for (size_t i = 0; i < n; i++) {
		load_rules(rows[i].rules);
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		if (s.closed4 != rows[i].closed4 || s.closed6 != rows[i].closed6)
			fail_msg("%s: closed4 %d, closed6 %d", rows[i].rules, s.closed4, s.closed6);
	}
	nft_close(&nft);
}

static void test_fields(void **state)
{
	(void)state;
	judge(fields, COUNT(fields));
}

static void test_redirects(void **state)
{
	(void)state;
	judge(redirects, COUNT(redirects));
}

static void test_sets(void **state)
{
	(void)state;
	judge(sets, COUNT(sets));
}

static void test_homes(void **state)
{
	(void)state;
	assert_int_equal(system("ip link add pair type veth peer name other"), 0);
	judge(homes, COUNT(homes));
}

/* A router's hardware address is that of everybody behind it. */
static const struct row routers[] = {
	{ ONE("ether saddr 02:00:00:00:00:09 accept; drop"), false, false },
	{ ONE("ether saddr { 02:00:00:00:00:08, 02:00:00:00:00:09 } accept; drop"), false, false },
	{ ONE("ether saddr { 02:00:00:00:00:01-02:00:00:00:00:0a } accept; drop"), false, false },
	{ ONE("ether saddr 02:00:00:00:00:08 accept; drop"), true, true },
	{ ONE("ether saddr { 02:00:00:00:00:07, 02:00:00:00:00:08 } accept; drop"), true, true },
	{ ONE("ether saddr 02:00:00:00:00:09 tcp dport 22 accept; drop"), true, true },
};

static void test_routers(void **state)
{
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	assert_int_equal(system("ip addr add 192.0.2.1/24 dev pair && ip link set other up && "
				"ip link set pair up && ip route add default via 192.0.2.9 && "
				"ip neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev pair"),
			 0);
	judge(routers, COUNT(routers));
	need_iptables_nft();
	load_rules("");
	assert_int_equal(system("iptables-nft -P INPUT DROP && iptables-nft -A INPUT -m mac "
				"--mac-source 02:00:00:00:00:09 -j ACCEPT"),
			 0);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_false(s.closed4);
	nft_close(&nft);
}

/* A UDP packet without a length of its own is invalid to conntrack, and IPv6 delivers it. */
static void test_lengthless(void **state)
{
	static const struct {
		const char *match;
		bool closed;
	} drops[] = {
		{ "-m state --state NEW", false },
		{ "-m state --state NEW,INVALID", true },
		{ "-m conntrack --ctstate NEW", false },
		{ "-m conntrack ! --ctstate ESTABLISHED,RELATED", true },
	};
	struct nft nft = open_nft();
	char line[200];
	struct survey s;

	(void)state;
	need_iptables_nft();
	for (size_t i = 0; i < COUNT(drops); i++) {
		load_rules("");
		snprintf(line, sizeof(line), "ip6tables-nft -A INPUT %s -j DROP", drops[i].match);
		assert_int_equal(system(line), 0);
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		if (s.closed6 != drops[i].closed)
			fail_msg("%s: closed %d", drops[i].match, s.closed6);
	}
	nft_close(&nft);
}

/* Groups leave the host closed, and open the ports of those who wait on any address. */
static void test_groups(void **state)
{
	static const struct {
		const char *match;
		bool open;
	} accepts[] = {
		{ "-d 224.0.0.0/4", true },
		{ "-d 224.0.0.0/4 -p udp --dport 1900", true },
		{ "-d 224.0.0.0/4 -p udp --dport 1901", false },
		{ "-d 224.0.0.0/4 -p tcp", false },
		{ "-m addrtype --dst-type MULTICAST", true },
		{ "-m addrtype ! --dst-type LOCAL", true },
		{ "-m addrtype --dst-type BROADCAST -p udp -m multiport --dports 1900,5353", true },
		{ "-m iprange --dst-range 224.0.0.0-224.0.0.255", true },
		{ "-d 255.255.255.255", true },
		{ "-d 239.255.255.250", true },
		{ "-p udp -d 239.255.255.250 --dport 1900", false },
		{ "-p udp -m udp -d 239.255.255.250 --dport 1900 -m comment --comment x", false },
		{ "-p udp --dport 1900 -m iprange --dst-range 239.255.255.250-239.255.255.250",
		  false },
		{ "-m ttl --ttl-gt 1 -p udp -d 239.255.255.250 --dport 1900", false },
	};
	struct nft nft = open_nft();
	char line[300];

	(void)state;
	need_iptables_nft();
	for (size_t i = 0; i < COUNT(accepts); i++) {
		struct survey_port port = { NFPROTO_IPV4, IPPROTO_UDP, .port = 1900 };
		struct survey s;

		load_rules("");
		snprintf(line, sizeof(line),
			 "iptables-nft -P INPUT DROP && iptables-nft -A INPUT %s -j ACCEPT",
			 accepts[i].match);
		assert_int_equal(system(line), 0);
		assert_int_equal(survey_ports(&nft, &port, 1, &s, NULL), 0);
		if (!s.closed4 || port.open != accepts[i].open)
			fail_msg("%s: closed %d, open %d", accepts[i].match, s.closed4, port.open);
	}
	nft_close(&nft);
}

static void test_tee(void **state)
{
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	need_iptables_nft();
	load_rules(ONE("iif lo accept; drop"));
	assert_int_equal(system("iptables-nft -t mangle -A PREROUTING -j TEE --gateway 192.0.2.9"),
			 0);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_true(s.closed4);
	assert_int_equal(system("iptables-nft -t mangle -A PREROUTING -j TEE --gateway 127.0.0.1"),
			 0);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_false(s.closed4);
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	   cmocka_unit_test(test_sets),
		cmocka_unit_test(test_redirects),  cmocka_unit_test(test_homes),
		cmocka_unit_test(test_routers),	   cmocka_unit_test(test_tee),
		cmocka_unit_test(test_lengthless), cmocka_unit_test(test_groups),
	};

	return cmocka_run_group_tests_name("survey-doubt", tests, enter_netns, NULL);
}
