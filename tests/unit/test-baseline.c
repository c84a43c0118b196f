// SPDX-License-Identifier: GPL-2.0-or-later
/* The ruleset of last resort: what it lets in, and that it goes where a firewall is back. */
#include <linux/netfilter.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/baseline.h"
#include "netfilter/survey.h"
#include "netfilter/table.h"
#include "tests/unit/netns.h"

static void test_laid(void **state)
{
	const struct baseline_port open[] = { { IPPROTO_TCP, 22, 22 },
					      { IPPROTO_UDP, 30000, 40000 } };
	struct survey_port ports[] = {
		{ NFPROTO_IPV4, IPPROTO_TCP, 22, .open = false },
		{ NFPROTO_IPV6, IPPROTO_TCP, 22, .open = false },
		{ NFPROTO_IPV4, IPPROTO_UDP, 40000, .open = false },
		{ NFPROTO_IPV4, IPPROTO_TCP, 23, .open = true },
		{ NFPROTO_IPV6, IPPROTO_UDP, 40001, .open = true },
	};
	const struct survey none = { 0 };
	struct nft nft = open_nft();
	struct fault fault = { 0 };
	struct survey s;

	(void)state;
	load_rules("");
	assert_int_equal(baseline_retire(&nft, &fault), 0);
	assert_int_equal(baseline_remove(&nft, &fault), 0);
	for (int i = 0; i < 2; i++) /* the second time in place of the first */
		if (baseline_lay(&nft, &none, open, 2, &fault) < 0)
			fail_msg("%s", fault.why);
	assert_int_equal(survey_ports(&nft, ports, 5, &s, &fault), 0);
	assert_true(s.closed4 && s.closed6 && !s.without_baseline);
	assert_string_equal(s.by4, "inet " BASELINE_TABLE " input");
	assert_true(ports[0].open && ports[1].open && ports[2].open);
	assert_false(ports[3].open || ports[4].open);
	assert_int_equal(baseline_retire(&nft, &fault), 0);
	assert_int_equal(system("nft 'table inet t { chain c { type filter hook input priority 5; "
				"policy drop; }; }'"),
			 0);
	assert_int_equal(baseline_retire(&nft, &fault), 1);
	assert_int_equal(survey_inbound(&nft, &s, &fault), 0);
	assert_true(s.without_baseline);
	assert_string_equal(s.by4, "inet t c");
	nft_close(&nft);
}

#define BASE "inet " BASELINE_TABLE " input"

/* A firewall for one family: the other is the baseline's alone, and both are when it is gone. */
static void test_beside(void **state)
{
	static const struct {
		const char *table, *by4, *by6;
	} rows[] = {
		{ "ip", "ip t c", BASE },
		{ "ip6", BASE, "ip6 t c" },
	};
	struct nft nft = open_nft();
	struct fault fault = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const bool is4 = !strcmp(rows[i].table, "ip");
		struct survey_port ports[] = { { NFPROTO_IPV4, IPPROTO_TCP, 8080, .open = false },
					       { NFPROTO_IPV6, IPPROTO_TCP, 8080, .open = false } };
		char text[200];
		struct survey s;

		snprintf(text, sizeof(text),
			 "table %s t { chain c { type filter hook input priority 0; policy drop; "
			 "tcp dport 8080 accept; } }",
			 rows[i].table);
		load_rules(text);
		assert_int_equal(survey_inbound(&nft, &s, &fault), 0);
		assert_int_equal(s.without4, is4);
		assert_int_equal(s.without6, !is4);
		assert_int_equal(baseline_lay(&nft, &s, NULL, 0, &fault), 0);
		assert_int_equal(survey_ports(&nft, ports, 2, &s, &fault), 0);
		assert_true(s.closed4 && s.closed6 && !s.without_baseline);
		assert_string_equal(s.by4, rows[i].by4);
		assert_string_equal(s.by6, rows[i].by6);
		assert_int_equal(ports[0].open, is4);
		assert_int_equal(ports[1].open, !is4);
		assert_int_equal(baseline_retire(&nft, &fault), 0);
		snprintf(text, sizeof(text), "nft delete table %s t", rows[i].table);
		assert_int_equal(system(text), 0);
		assert_int_equal(survey_inbound(&nft, &s, &fault), 0);
		assert_int_equal(s.closed4, !is4);
		assert_int_equal(s.closed6, is4);
		assert_true(!s.without4 && !s.without6 && !*s.open4.chain && !*s.open6.chain);
		assert_int_equal(baseline_lay(&nft, &s, NULL, 0, &fault), 0);
		assert_int_equal(survey_inbound(&nft, &s, &fault), 0);
		assert_string_equal(s.by4, BASE);
		assert_string_equal(s.by6, BASE);
	}
	nft_close(&nft);
}

/* What a host's guests ask of it is nothing that strangers get, and less where those come in. */
static void test_guests(void **state)
{
	struct survey_port ports[] = { { NFPROTO_IPV4, IPPROTO_UDP, 53, .open = true },
				       { NFPROTO_IPV6, IPPROTO_TCP, 53, .open = true },
				       { NFPROTO_IPV4, IPPROTO_UDP, 67, .open = true },
				       { NFPROTO_IPV6, IPPROTO_UDP, 547, .open = true } };
	const struct survey none = { 0 };
	struct nft nft = open_nft();
	struct fault fault = { 0 };
	struct survey s;

	(void)state;
	load_rules("");
	assert_int_equal(system("ip link add virbr0 type bridge"), 0);
	assert_int_equal(baseline_lay(&nft, &none, NULL, 0, &fault), 0);
	assert_int_equal(survey_ports(&nft, ports, COUNT(ports), &s, &fault), 0);
	assert_true(s.closed4 && s.closed6);
	for (size_t i = 0; i < COUNT(ports); i++)
		assert_false(ports[i].open);
	assert_non_null(strstr(shown("nft list table inet " BASELINE_TABLE), "iifname \"virbr*\""));
	assert_int_equal(system("ip link del virbr0"), 0);
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_laid),
		cmocka_unit_test(test_beside),
		cmocka_unit_test(test_guests),
	};

	return cmocka_run_group_tests_name("baseline", tests, enter_netns, NULL);
}
