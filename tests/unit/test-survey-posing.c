// SPDX-License-Identifier: GPL-2.0-or-later
/* Rulesets that let in who takes the name of a link, and those that cut the host off. */
#include <linux/netfilter.h>

#include "agent/base/count.h"
#include "netfilter/survey.h"
#include "tests/unit/chains.h"
#include "tests/unit/netns.h"

/* Neither leads to guests; not every kernel has both. */
#define UPLINK "ip link add wg0 type dummy 2>/dev/null || ip link add wg0 type ifb"

/* Loopback's name may be had by whoever takes it from loopback first. */
#define TAKES_LO "ip link set lo name loop && ip link add lo type veth peer name pair"
#define CLEAN                                                                                  \
	"{ ip link delete wg0; ip link delete lo && ip link set loop name lo; ip link delete " \
	"docker0; ip link delete port; ip link delete side; true; } 2>/dev/null"

/* A bridge with a port of that kind; not every kernel has each. */
#define BRIDGE	   "ip link add docker0 type bridge"
#define PORT(kind) BRIDGE " && ip link add port " kind " && ip link set port master docker0"
#define OTHER	   "type veth peer name side"
#define NIC                                                                                    \
	BRIDGE " && { ip link add port type ifb 2>/dev/null || { ip link add side type dummy " \
	       "&& ip link add port link side type macvlan; } } && ip link set port master "   \
	       "docker0"

/* A name is no proof: who renames the uplink has its rule let everybody in. */
static void test_posing(void **state)
{
	static const struct {
		const char *make, *rules;
		bool closed;
	} cases[] = {
		{ "true", ONE("iifname wg0 accept; drop"), true },
		{ "ip tuntap add wg0 mode tun", ONE("iifname wg0 accept; drop"), true },
		{ UPLINK, ONE("iifname wg0 accept; drop"), false },
		{ UPLINK, ONE("iifname \"wg*\" accept; drop"), false },
		{ UPLINK, ONE("iifname { lo, wg0 } accept; drop"), false },
		{ UPLINK, ONE("iifname wg01 accept; drop"), true },
		{ UPLINK, ONE("iifname docker0 accept; drop"), true },
		{ UPLINK, ONE("iifname { \"wg*\", veth1 } accept; drop"), false },
		{ "true", ONE("iifname { \"wg*\", lo } accept; drop"), true },
		{ "true", ONE("iifname { \"lo*\", veth1 } accept; drop"), false },
		{ TAKES_LO, ONE("iif lo accept; iifname loop accept; drop"), false },
		{ TAKES_LO, ONE("iifname lo accept; drop"), false },
		{ TAKES_LO, ONE("iifname { lo, wg0 } accept; drop"), false },
		{ TAKES_LO, ONE("iifname != lo drop"), false },
		{ TAKES_LO, ONE("iif loop accept; drop"), true },
		{ "true", ONE("iifname lo accept; drop"), true },
		/* A bridge of guests, and one that leads to the world as well. */
		{ BRIDGE, ONE("iifname docker0 accept; drop"), true },
		{ PORT(OTHER), ONE("iifname docker0 accept; drop"), true },
		{ PORT(OTHER), ONE("iif docker0 accept; drop"), true },
		{ BRIDGE " && ip tuntap add port mode tap && ip link set port master docker0",
		  ONE("iifname docker0 accept; drop"), true },
		{ NIC, ONE("iifname docker0 accept; drop"), false },
		{ NIC, ONE("iif docker0 accept; drop"), false },
		{ NIC, ONE("iifname \"docker*\" accept; drop"), false },
		{ NIC, ONE("iifname virbr0 accept; drop"), true },
		{ NIC " && ip link set port nomaster", ONE("iifname docker0 accept; drop"), true },
	};
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(system(cases[i].make), 0);
		load_rules(cases[i].rules);
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		if (s.closed4 != cases[i].closed || s.closed6 != cases[i].closed)
			fail_msg("%s, %s: %d", cases[i].make, cases[i].rules, s.closed4);
		assert_int_equal(system(CLEAN), 0);
	}
	nft_close(&nft);
}

/* What firewalld's panic mode lays, and what only looks like it. */
static void test_cut(void **state)
{
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	load_rules("table inet p { chain raw { type filter hook prerouting priority -301; "
		   "policy drop; } }");
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_string_equal(s.cut, "inet p raw");
	assert_false(s.closed4);
	load_rules(
		"table ip p { chain o { type filter hook output priority 0; policy drop; "
		"oif lo accept; }\n chain i { type filter hook input priority 0; policy drop; } }");
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_string_equal(s.cut, "");
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_posing),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests_name("survey-posing", tests, enter_netns, NULL);
}
