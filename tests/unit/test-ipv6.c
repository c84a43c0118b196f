// SPDX-License-Identifier: GPL-2.0-or-later
/* A host that has IPv6 switched off needs no rules for it. */
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/survey.h"
#include "tests/unit/firewalls.h"

#define SET(link, off) "echo " off " >/proc/sys/net/ipv6/conf/" link "/disable_ipv6; "
#define DROP4	       "table ip t { chain c { type filter hook input priority 0; policy drop; } }\n"
#define DROP6	       "table ip6 t { chain c { type filter hook input priority 0; policy drop; } }\n"
#define BASELINE_OF_OURS                                                      \
	"table inet lazaret_baseline { chain input { type filter hook input " \
	"priority 0; policy drop; } }\n"

static int enter_with_link(void **state)
{
	int r = enter(state);

	return r < 0 ? r
		     : system("ip link add eth0 type veth peer name peer0 && ip link set eth0 up");
}

static void test_off(void **state)
{
	static const struct {
		const char *set, *rules;
		bool closed4, closed6, without_baseline;
		const char *by6;
	} cases[] = {
		{ "", DROP4, true, false, false, "" },
		/* As an administrator switches it off, in sysctl.conf. */
		{ SET("all", "1"), DROP4, true, true, true, "" },
		{ SET("all", "1"), "", false, true, false, "" },
		{ SET("all", "1"), DROP4 DROP6, true, true, true, "ip6 t c" },
		{ SET("all", "1"), BASELINE_OF_OURS, true, true, false,
		  "inet lazaret_baseline input" },
		/* Where one link has it, or will. */
		{ SET("all", "1") SET("eth0", "0"), DROP4, true, false, false, "" },
		{ SET("all", "1") SET("lo", "0"), DROP4, true, false, false, "" },
		{ SET("eth0", "1") SET("peer0", "1"), DROP4, true, false, false, "" },
		{ SET("default", "1"), DROP4, true, false, false, "" },
	};
	struct nft nft = open_nft();
	struct survey_port ports[] = { { NFPROTO_IPV6, IPPROTO_TCP, .port = 22 } };
	struct survey s;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(system(SET("all", "1") SET("all", "0")), 0);
		if (*cases[i].set)
			assert_int_equal(system(cases[i].set), 0);
		load_rules(cases[i].rules);
		assert_int_equal(survey_ports(&nft, ports, COUNT(ports), &s, NULL), 0);
		if (s.closed4 != cases[i].closed4 || s.closed6 != cases[i].closed6 ||
		    s.without_baseline != cases[i].without_baseline ||
		    strcmp(s.by6, cases[i].by6) != 0 || ports[0].open == cases[i].closed6)
			fail_msg("%s, %s: %d %d %d %s", cases[i].set, cases[i].rules, s.closed4,
				 s.closed6, s.without_baseline, s.by6);
		assert_string_equal(s.closed6 ? s.open6.chain : "", "");
	}
	assert_int_equal(system(SET("all", "0")), 0);
	nft_close(&nft);
}

/* How that is told. */
static void test_told(void **state)
{
	const struct exposed any = { 0 };
	struct finding f;

	(void)state;
	assert_int_equal(system(SET("all", "1")), 0);
	look_with("meta nfproto ipv6 accept;", any, -1, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_string_equal(f.what, "inbound is closed: IPv4 by inet t c; this host has no IPv6");
	assert_string_equal(evidence(&f, "IPv6")->what, "this host has no IPv6");
	look_with("meta nfproto ipv4 accept;", any, -1, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	look_with("accept;", any, -1, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_string_equal(f.what,
			    "inbound IPv4 is open by inet t c, rule 1 (handle 2); this host "
			    "has no IPv6");
	assert_int_equal(system(SET("all", "0")), 0);
	look_with("meta nfproto ipv6 accept;", any, -1, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_told),
	};

	return cmocka_run_group_tests_name("ipv6", tests, enter_with_link, NULL);
}
