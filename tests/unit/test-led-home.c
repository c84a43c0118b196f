// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules that send what comes to an address of this host's own, and what that opens. */
#include <linux/netfilter.h>

#include "agent/base/count.h"
#include "netfilter/survey.h"
#include "tests/unit/chains.h"
#include "tests/unit/netns.h"

static int enter(void **state)
{
	int r = enter_netns(state);

	return r < 0 ? r
		     : system("ip link set lo up && ip link add eth0 type veth peer name peer0 && "
			      "ip addr add 192.0.2.1/24 dev eth0 && "
			      "ip addr add 2001:db8::1/64 dev eth0 nodad");
}

/* What a rule has sent elsewhere is let in, wherever it comes to. */
#define LETS_IN		  ONE("ct status dnat accept; drop")
#define TABLE(what)	  "table ip n { " what "\n }\n" LETS_IN
#define PREROUTING(rules) "chain p { type nat hook prerouting priority -100; " rules "\n }"
#define HOME(rules)	  TABLE(PREROUTING(rules))

static void check_home(const char *rules, bool ip6, bool closed, bool open)
{
	struct survey_port port = { ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4, IPPROTO_TCP, .port = 22 };
	struct nft nft = open_nft();
	struct survey s;

	assert_int_equal(survey_ports(&nft, &port, 1, &s, NULL), 0);
	if ((ip6 ? s.closed6 : s.closed4) != closed || port.open != open)
		fail_msg("%s: closed %d, open %d", rules, ip6 ? s.closed6 : s.closed4, port.open);
	assert_true(ip6 ? s.closed4 : s.closed6);
	nft_close(&nft);
}

static void test_home(void **state)
{
	static const struct {
		const char *rules;
		bool closed, open;
	} cases[] = {
		{ HOME("dnat to 192.0.2.1"), false, true },
		{ HOME("dnat to 10.0.0.2"), true, false },
		{ HOME("dnat to 192.0.2.0-192.0.2.9"), false, true },
		{ HOME("dnat to 192.0.2.2-192.0.2.9"), true, false },
		{ HOME("dnat to 126.0.0.1-128.0.0.1"), false, true },
		{ HOME("tcp dport 2222 dnat to 192.0.2.1:22"), true, true },
		{ HOME("tcp dport 22 dnat to 192.0.2.1:2222"), true, false },
		{ HOME("tcp dport 2222 dnat to 192.0.2.1:20-30"), true, true },
		{ HOME("meta l4proto tcp dnat to 192.0.2.1:22"), true, true },
		/* A port that is among those it may be sent to stays. */
		{ HOME("meta l4proto tcp redirect to :1-65535"), false, true },
		{ HOME("meta l4proto tcp redirect to :1-1023"), true, true },
		/* By a map: what it has, or, of one that cannot be read, anything. */
		{ HOME("dnat to ip daddr map { 192.0.2.1 : 10.0.0.2 }"), true, false },
		{ HOME("dnat to ip daddr map { 10.0.0.2 : 10.0.0.3, 192.0.2.7 : 192.0.2.1 }"),
		  false, true },
		{ HOME("dnat to numgen inc mod 2 map { 0 : 10.0.0.2, 1 : 192.0.2.1 }"), false,
		  true },
		{ HOME("dnat ip addr . port to tcp dport map { 2222 : 192.0.2.1 . 22 }"), true,
		  true },
		{ HOME("dnat ip addr . port to tcp dport map { 2222 : 10.0.0.2 . 22 }"), true,
		  false },
		{ HOME("dnat ip prefix to ip daddr map { 10.0.0.0/24 : 192.0.2.0/24 }"), false,
		  true },
		{ HOME("dnat ip prefix to ip daddr map { 192.0.2.0/24 : 10.0.0.0/24 }"), true,
		  false },
		{ TABLE("map m { type ipv4_addr : ipv4_addr; flags dynamic,timeout; timeout 1m; "
			"}\n" PREROUTING("dnat to ip daddr map @m")),
		  false, true },
		/* By rules for few each, some of which lead here. */
		{ HOME("ip saddr 8.0.0.0/5 dnat to 192.0.2.1; ip saddr 64.0.0.0/5 dnat to "
		       "10.0.0.2"),
		  false, true },
		{ HOME("ip saddr 8.0.0.0/5 dnat to 10.0.0.3; ip saddr 64.0.0.0/5 dnat to 10.0.0.2"),
		  true, false },
		/* For neighbours alone, as a Kubernetes service that this host itself has. */
		{ HOME("ip daddr 10.96.0.1 tcp dport 443 dnat to 192.0.2.1:22"), true, false },
		{ HOME("ip daddr 10.96.0.1 dnat to 192.0.2.1"), false, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		load_rules(cases[i].rules);
		check_home(cases[i].rules, false, cases[i].closed, cases[i].open);
	}
}

static void test_home_of_iptables(void **state)
{
	static const struct {
		bool ip6;
		const char *options;
		bool closed, open;
	} cases[] = {
		{ false, "-j DNAT --to-destination 192.0.2.1", false, true },
		{ false, "-j DNAT --to-destination 192.0.2.0-192.0.2.9", false, true },
		{ false, "-j DNAT --to-destination 10.0.0.2", true, false },
		{ false, "-p tcp --dport 2222 -j DNAT --to-destination 192.0.2.1:22", true, true },
		{ false, "-j NETMAP --to 192.0.2.0/28", false, true },
		{ false, "-j NETMAP --to 10.0.0.0/28", true, false },
		{ true, "-j DNAT --to-destination 2001:db8::1", false, true },
		{ true, "-j DNAT --to-destination fd00::2", true, false },
		{ true, "-j NETMAP --to 2001:db8::/64", false, true },
	};
	char line[300];

	(void)state;
	need_iptables_nft();
	for (size_t i = 0; i < COUNT(cases); i++) {
		load_rules(LETS_IN);
		snprintf(line, sizeof(line), "%s-nft -t nat -A PREROUTING %s",
			 cases[i].ip6 ? "ip6tables" : "iptables", cases[i].options);
		assert_int_equal(system(line), 0);
		check_home(line, cases[i].ip6, cases[i].closed, cases[i].open);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_home),
		cmocka_unit_test(test_home_of_iptables),
	};

	return cmocka_run_group_tests_name("led-home", tests, enter, NULL);
}
