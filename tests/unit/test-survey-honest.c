// SPDX-License-Identifier: GPL-2.0-or-later
/* Rulesets that close a host, and are written in ways that make it hard to see. */
#include <linux/netfilter.h>
#include <time.h>

#include "agent/base/count.h"
#include "netfilter/survey.h"
#include "tests/unit/chains.h"
#include "tests/unit/netns.h"

/* A guests' link that is one, and one that takes another's name; what else there is has none. */
#define GUESTS "ip link add wg0 type bridge"
#define POSING "ip link add wg0 type dummy 2>/dev/null || ip link add wg0 type ifb"
#define UPLINK "ip link add up0 type bridge"

#define OBJECTS                                                                                \
	"table inet t { counter n { }\n quota q { over 1 mbytes }\n limit l { rate 1/second }" \
	"\n ct helper h { type \"ftp\" protocol tcp; }\n chain d { drop; }\n chain c { "

#define WAN "table inet t { chain wan { tcp dport 22 accept; drop; }\n chain c { " INPUT("drop")

static const struct row {
	const char *make, *rules;
	bool closed;
} rows[] = {
	{ "true", OBJECTS INPUT("accept") " counter name n drop; } }", true },
	{ "true", OBJECTS INPUT("accept") " counter name n jump d; } }", true },
	{ "true", OBJECTS INPUT("accept") " tcp dport 21 ct helper set h; drop; } }", true },
	{ "true", OBJECTS INPUT("drop") " counter name n accept; } }", false },
	{ "true", OBJECTS INPUT("accept") " quota name q drop; } }", false },
	{ "true", OBJECTS INPUT("accept") " limit name l drop; } }", false },
	{ "true",
	  OBJECTS INPUT("accept") " counter name tcp dport map { 22 : n }; counter drop; } }",
	  true },
	{ "true", OBJECTS INPUT("accept") " counter name tcp dport map { 22 : n } drop; } }",
	  false },
	{ GUESTS, ONE("iif wg0 accept; drop"), true },
	{ GUESTS, ONE("iif { lo, wg0 } accept; drop"), true },
	{ GUESTS, ONE("iif vmap { lo : accept, wg0 : accept }; drop"), true },
	{ GUESTS, ONE("iif != wg0 accept; drop"), false },
	{ POSING, ONE("iif wg0 accept; drop"), false },
	{ POSING, ONE("iif { lo, wg0 } accept; drop"), false },
	{ UPLINK, ONE("iif up0 accept; drop"), false },
	{ UPLINK, ONE("iif { lo, up0 } accept; drop"), false },
	{ "true", ONE("iif 77 accept; drop"), false },
	{ "true", WAN " iifname vmap { lo : accept, eth0 : jump wan, wg0 : accept }; } }", true },
	{ GUESTS, WAN " iif vmap { lo : jump wan, wg0 : accept }; } }", true },
	{ "true", WAN " iifname vmap { lo : accept, eth0 : accept, wg0 : jump wan }; } }", false },
	{ "true", WAN " iifname vmap { eth0 : jump wan, * : accept }; } }", false },
	{ POSING, WAN " iifname vmap { eth0 : jump wan, wg0 : accept }; } }", false },
};

static void test_rulesets(void **state)
{
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(system(rows[i].make), 0);
		load_rules(rows[i].rules);
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		if (s.closed4 != rows[i].closed || s.closed6 != rows[i].closed)
			fail_msg("%s, %s: %d, %d", rows[i].make, rows[i].rules, s.closed4,
				 s.closed6);
		assert_int_equal(system("ip link delete wg0 2>/dev/null; "
					"ip link delete up0 2>/dev/null; true"),
				 0);
	}
	nft_close(&nft);
}

/* A server of names is not tracked, and who does that lets in what is not: to that port. */
static void test_one_untracked_port(void **state)
{
	struct survey_port ports[200] = { { NFPROTO_IPV4, IPPROTO_TCP, .port = 53 } };
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	for (uint16_t i = 1; i < COUNT(ports); i++)
		ports[i] = (struct survey_port){ i < 100 ? NFPROTO_IPV4 : NFPROTO_IPV6, IPPROTO_UDP,
						 .port = i % 100 };
	load_rules("table inet raw { chain p { type filter hook prerouting priority -300; "
		   "udp dport 53 notrack; } }\n" ONE(
			   "ct state established,related,untracked accept; drop"));
	for (size_t n = COUNT(ports); n; n = n > 60 ? 60 : 0) {
		assert_int_equal(survey_ports(&nft, ports, n, &s, NULL), 0);
		assert_true(s.closed4 && s.closed6 && s.without_baseline);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(ports[i].open, i % 100 == 53);
	}
	load_rules("table inet raw { chain p { type filter hook prerouting priority -300; "
		   "udp dport 53 notrack; } }\n" ONE(
			   "ct state established,untracked accept; udp dport 53 accept; drop"));
	assert_int_equal(survey_ports(&nft, ports, 60, &s, NULL), 0);
	assert_true(s.closed4 && s.closed6 && ports[53].open && !ports[52].open);
	nft_close(&nft);
}

/* Two bounds each, and all of them are more than is kept. */
static void load_long_list(const char *rest)
{
	FILE *p = popen("nft -f -", "w");

	assert_non_null(p);
	fputs("flush ruleset\ntable ip aside {\nset s {\ntype ipv4_addr; flags interval; "
	      "elements = {",
	      p);
	for (unsigned i = 0; i < 35000; i++)
		fprintf(p, "%s 20.%u.%u.%u/26", i ? "," : "", i >> 9, i >> 1 & 0xff, i << 7 & 0x80);
	fprintf(p, " };\n}\n%s", rest);
	assert_int_equal(pclose(p), 0);
}

/* The sets that are small are read all the same; what the large one accepts may be anybody. */
static void test_a_long_list(void **state)
{
	static const char drop[] =
		"chain c { type filter hook input priority -10; ip saddr @s "
		"drop; }\n}\n" ONE("iif { lo } accept; ip saddr { 192.0.2.0/24 } accept; "
				   "tcp dport { 22, 80 } accept; ct state { established, "
				   "related } accept; drop");
	static const char accept[] = "chain c { " INPUT("drop") " ip saddr @s accept; }\n}\n";
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	load_long_list(drop);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_true(s.closed4 && s.closed6);
	load_long_list(accept);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_false(s.closed4);
	nft_close(&nft);
}

/* What ten rules ask of some thousand elements, and a map that sends each on; it stays quick. */
static void load_large_sets(void)
{
	FILE *p = popen("nft -f -", "w");

	assert_non_null(p);
	fputs("flush ruleset\ntable inet t {\nchain d { drop; }\nmap m {\ntype ipv4_addr : "
	      "verdict; "
	      "flags interval; elements = {",
	      p);
	for (unsigned i = 0; i < 5000; i++)
		fprintf(p, "%s 20.%u.%u.0/25 : jump d", i ? "," : "", i >> 8, i & 0xff);
	fputs(" };\n}\nset s {\ntype inet_service; elements = { 22", p);
	for (unsigned i = 1000; i < 2000; i++)
		fprintf(p, ", %u", i);
	fputs(" };\n}\nchain c {\n" INPUT("drop") "\n", p);
	for (unsigned i = 0; i < 10; i++)
		fprintf(p, "ip saddr vmap @m\ntcp dport @s ip saddr %u.0.0.0/8 drop\n", i + 1);
	fputs("tcp dport @s accept\n}\n}\n", p);
	assert_int_equal(pclose(p), 0);
}

static void test_large_sets(void **state)
{
	struct survey_port ports[50];
	struct nft nft = open_nft();
	struct survey s;
	clock_t begin;

	(void)state;
	for (uint16_t i = 0; i < COUNT(ports); i++)
		ports[i] = (struct survey_port){ NFPROTO_IPV4, i & 1 ? IPPROTO_TCP : IPPROTO_UDP,
						 .port = 975 + i };
	load_large_sets();
	begin = clock();
	assert_int_equal(survey_ports(&nft, ports, COUNT(ports), &s, NULL), 0);
	assert_true(clock() - begin < 2 * CLOCKS_PER_SEC);
	assert_true(s.closed4 && s.closed6);
	for (uint16_t i = 0; i < COUNT(ports); i++)
		assert_int_equal(ports[i].open, i & 1 && ports[i].port >= 1000);
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rulesets),
		cmocka_unit_test(test_one_untracked_port),
		cmocka_unit_test(test_a_long_list),
		cmocka_unit_test(test_large_sets),
	};

	return cmocka_run_group_tests_name("survey-honest", tests, enter_netns, NULL);
}
