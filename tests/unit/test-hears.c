// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a host hears itself, by its firewall. */
#include "agent/base/count.h"
#include "agent/remedy/hears.h"
#include "tests/unit/netns.h"

static void test_rules(void **state)
{
	static const struct {
		const char *rules;
		bool hears;
	} cases[] = {
		{ "", true },
		{ "table inet t { chain c { type filter hook input priority 0; policy drop; } }",
		  false },
		{ "table inet t { chain c { type filter hook input priority 0; policy drop; iif lo "
		  "accept; } }",
		  true },
		{ "table ip t { chain c { type filter hook input priority 0; policy drop; } }",
		  false },
		{ "table ip6 t { chain c { type filter hook input priority 0; policy drop; } }",
		  false },
		{ "table ip t { chain c { type filter hook output priority 0; policy drop; } }",
		  false },
		{ "table inet t { chain c { type filter hook input priority 0; policy drop; iif lo "
		  "accept; }\n chain o { type filter hook output priority 0; ct state new reject; "
		  "} "
		  "}",
		  false },
	};

	(void)state;
	assert_true(hears_itself()); /* loopback is not up yet */
	assert_int_equal(system("ip link set lo up"), 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		load_rules(cases[i].rules);
		if (hears_itself() != cases[i].hears)
			fail_msg("%s", cases[i].rules);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests_name("hears", tests, enter_netns, NULL);
}
