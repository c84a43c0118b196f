// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules in front of a firewall, which are taken away one by one, and the others with them stay. */
#include <errno.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/remedy/in-front.h"
#include "netfilter/opening.h"
#include "netfilter/survey.h"
#include "tests/unit/netns.h"

static const char *const own[] = { "ip filter own-", "ip6 filter own6-", NULL };

#define INPUT(rules) "chain INPUT { type filter hook input priority 0; policy drop; " rules "}\n"
#define OWN	     "chain own-a { tcp dport 9999 accept; }\n"
#define V4(chains)   "table ip filter { " chains "}\n"
#define V6	     "table ip6 filter { " INPUT("accept;") "}\n"

/* Reports to nowhere. */
static int clear(struct fault *fault)
{
	struct report report = { .fd = -1 };

	*fault = (struct fault){ 0 };
	return in_front_clear(own, &report, fault);
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
		{ V4(INPUT("tcp dport 22 accept;")), 0, false, "tcp dport 22 accept" },
		/* In the base chain, in one that it leads to, and in both families. */
		{ V4(OWN INPUT("accept; ip saddr 192.0.2.1 accept; jump own-a;")) V6, 0, true,
		  "ip saddr 192.0.2.1 accept" },
		{ V4("chain b { accept; }\nchain a { ip saddr 192.0.2.7 drop; jump b; }\n" INPUT(
			  "jump a;")) V6,
		  0, true, "ip saddr 192.0.2.7 drop" },
		{ V4(INPUT("tcp dport 1-40000 accept; udp dport 1-65000 accept; accept;")) V6, 0,
		  true, "policy drop" },
		{ "table inet t { " INPUT("accept; tcp dport 22 accept;") "}\n", 0, true, NULL },
		/* Its own, be it in a chain that its own leads to; and what is no one rule. */
		{ V4("chain b { accept; }\nchain own-a { jump b; }\n" INPUT("jump own-a;")) V6, 0,
		  false, "accept" },
		{ V4(INPUT("tcp dport 1-30000 accept; tcp dport 30001-60000 accept; "
			   "tcp dport 60001-65535 accept;")),
		  0, false, "30001" },
		/* Without an end. */
		{ V4(INPUT("accept;accept;accept;accept;accept;accept;accept;accept;accept;"
			   "accept;accept;accept;accept;accept;accept;accept;accept;")),
		  -EBUSY, false, "accept" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct nft nft = open_nft();
		struct fault fault;
		struct survey s;

		load_rules(rows[i].rules);
		if (clear(&fault) != rows[i].r)
			fail_msg("row %zu: %s", i, fault.why);
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		if ((s.closed4 && s.closed6) != rows[i].closed ||
		    (rows[i].left && !strstr(shown("nft list table ip filter"), rows[i].left)))
			fail_msg("row %zu: %s", i, shown("nft list ruleset"));
		nft_close(&nft);
	}
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_only_that_one),
	};

	return cmocka_run_group_tests_name("in-front", tests, enter_netns, NULL);
}
