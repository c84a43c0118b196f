// SPDX-License-Identifier: GPL-2.0-or-later
/* What makes another firewall of one, and what does not: over real rules, in a namespace of its
 * own. */
#include <errno.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/posture/likeness.h"
#include "tests/unit/netns.h"

#define SETS                                                                            \
	" set ports { type inet_service; elements = { 22, 80, 443 } }\n"                \
	" set recent { type ipv4_addr; flags dynamic,timeout; timeout 1m; }\n"          \
	" chain user { tcp dport 22 accept; tcp dport { 8000, 8001, 8002 } accept; }\n" \
	" chain empty { return; }\n"                                                    \
	" chain public { ct state vmap { established : accept, invalid : drop }; "      \
	"tcp dport 7 ip saddr @recent accept; log; }\n"
#define INPUT                                                                                 \
	" chain in { type filter hook input priority 0; policy drop; counter; "               \
	"iifname lo accept; tcp dport @ports accept; limit rate 9/second counter jump user; " \
	"tcp flags syn add @recent { ip saddr }; jump public; }\n"
#define FIREWALLD                                                                   \
	"table inet firewalld { chain input { type filter hook input priority 10; " \
	"jump zones; }\n chain zones { iifname eth7 goto home; goto work; }\n"      \
	" chain home { udp dport 5353 accept; }\n chain work { tcp dport 22 accept; }\n}\n"
#define TABLE "table inet f {\n" SETS INPUT "}\n" FIREWALLD

static void see(struct likeness *ret)
{
	struct nft nft = open_nft();
	struct fault fault = { 0 };
	struct survey s;

	*ret = (struct likeness){ 0 };
	if (survey_chains(&nft, NULL, 0, &s, likeness_take, ret, &fault) < 0)
		fail_msg("%s", fault.why);
	assert_int_equal(likeness_end(ret), 0);
	nft_close(&nft);
}

static void run(const char *command)
{
	if (system(command) != 0)
		fail_msg("%s", command);
}

/* What comes and goes by itself, or says the same in other words. */
static const char *const same[] = {
	"true",
	"nft add rule inet f empty return",
	"nft insert rule inet firewalld zones iifname eth3 goto home",
	"nft add rule inet firewalld home tcp dport 1 accept", /* of no zone but that link's */
	/* As firewalld 2 writes a zone. */
	"nft 'insert rule inet firewalld zones iifname eth3 reject with icmpx admin-prohibited; "
	"insert rule inet firewalld zones iifname eth3 jump home'",
	"nft 'insert rule inet firewalld zones iifname eth3 drop'",
	"nft 'insert rule inet f in ip saddr 192.0.2.1 drop'",
	"nft 'insert rule inet f user ip6 saddr 2001:db8::/32 reject'",
	"nft 'insert rule inet f in iifname virbr0 udp dport 53 accept'",
	"nft 'add element inet f recent { 192.0.2.1 }'",
	"nft 'insert rule inet f in counter log prefix \"x\"'",
	"nft 'insert rule inet f in jump empty'",
	"nft 'insert rule inet f in iifname eth7 jump empty'",
	"nft 'insert rule inet f in ip saddr 192.0.2.0/24 drop'",
	"nft 'insert rule inet f in ether saddr 02:00:00:00:00:01 tcp dport 1 drop'",
	"nft 'add table ip n; add chain ip n pre { type nat hook prerouting priority 0; }; "
	"add rule ip n pre tcp dport 80 dnat to 192.0.2.1'",
	"nft 'add table ip o; add chain ip o i { type filter hook input priority 0; }'",
	"nft 'add table ip o; add chain ip o out { type filter hook output priority 0; "
	"policy drop; }'",
	"nft 'add table inet lazaret; add chain inet lazaret i { type filter hook input "
	"priority 0; policy drop; }'",
	"nft 'add table inet lazaret_baseline; add chain inet lazaret_baseline i { type filter "
	"hook input priority 0; policy drop; }'",
	/* fail2ban's, by iptables and by nftables */
	"iptables-nft -N f2b; iptables-nft -A f2b -s 192.0.2.1 -j REJECT; "
	"iptables-nft -A f2b -j RETURN; iptables-nft -A INPUT -p tcp -m multiport --dports 22 -j "
	"f2b",
	"nft 'add table inet b; add set inet b bad { type ipv4_addr; }; add element inet b bad { "
	"192.0.2.9 }; add chain inet b c { type filter hook input priority -1; }; "
	"add rule inet b c tcp dport { 22 } ip saddr @bad reject'",
};

static const struct {
	const char *command, *differs;
} other[] = {
	{ "nft add rule inet f user tcp dport 4444 accept", "inet f user has 3 rules, not 2" },
	{ "nft flush chain inet f user", "inet f in has 4 rules, not 5; inet f user is gone" },
	{ "nft 'add element inet f ports { 4444 }'", "inet f in has other rules" },
	{ "nft 'delete element inet f ports { 443 }'", "inet f in has other rules" },
	{ "nft 'insert rule inet f in ip saddr 192.0.2.1 accept'", "inet f in has 6 rules, not 5" },
	{ "nft 'insert rule inet f in iifname eth0 tcp dport 1 accept'",
	  "inet f in has 6 rules, not 5" },
	{ "nft 'add rule inet f public udp dport 1 accept'", "inet f public has 3 rules, not 2" },
	{ "nft 'chain inet f in { policy accept; }'", "inet f in has other rules" },
	{ "nft 'add table ip o; add chain ip o i { type filter hook input priority 0; policy drop; "
	  "}'",
	  "ip o i is new" },
	{ "nft delete table inet f",
	  "inet f in is gone; inet f public is gone; inet f user is gone" },
	{ "nft insert rule inet f in iifname eth7 jump public", "inet f in has 6 rules, not 5" },
	{ "nft insert rule inet f in ip saddr != 192.0.2.0/24 drop",
	  "inet f in has 6 rules, not 5" },
	{ "nft insert rule inet f in ip saddr 10.0.0.0/8 drop", "inet f in has 6 rules, not 5" },
	{ "nft insert rule inet f in ip saddr 10.16.0.0/12 drop", "inet f in has 6 rules, not 5" },
	{ "nft insert rule inet f in ip6 saddr fd00::/8 drop", "inet f in has 6 rules, not 5" },
	/* A port that reads like the name of a guest's link. */
	{ "nft insert rule inet f in iifname eth7 tcp dport 30567 accept",
	  "inet f in has 6 rules, not 5" },
	{ "nft insert rule inet f in iifname != docker0 tcp dport 1 accept",
	  "inet f in has 6 rules, not 5" },
	{ "nft 'insert rule inet firewalld zones iifname eth3 accept'", /* trusted, of firewalld 2
									 */
	  "inet firewalld zones has 2 rules, not 1" },
	{ "nft add rule inet firewalld work tcp dport 1 accept",
	  "inet firewalld work has 2 rules, not 1" },
	{ "nft 'add chain inet f empty; add rule inet f empty tcp dport 1 accept; "
	  "insert rule inet f in jump empty'",
	  "inet f empty is new; inet f in has 6 rules, not 5" },
	{ "iptables-nft -P INPUT DROP", "ip filter INPUT is new" },
	{ "iptables-nft -A INPUT -p tcp --dport 22 -j ACCEPT", "ip filter INPUT is new" },
};

static void test_same(void **state)
{
	struct likeness good, now;
	char differs[200];

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		load_rules(TABLE);
		see(&good);
		run(same[i]);
		see(&now);
		if (likeness_differs(&now, &good, differs, sizeof(differs)))
			fail_msg("%s: %s", same[i], differs);
		assert_string_equal(now.text, good.text);
	}
}

static void test_other(void **state)
{
	struct likeness good, now;
	char differs[200];

	(void)state;
	for (size_t i = 0; i < COUNT(other); i++) {
		load_rules(TABLE);
		see(&good);
		run(other[i].command);
		see(&now);
		if (!likeness_differs(&now, &good, differs, sizeof(differs)) ||
		    strcmp(differs, other[i].differs))
			fail_msg("%s: \"%s\", not \"%s\"", other[i].command, differs,
				 other[i].differs);
		assert_string_not_equal(now.text, good.text);
	}
}

/* A reload gives new handles and new numbers to sets, and counts anew. */
static void test_reload(void **state)
{
	struct likeness good, now;

	(void)state;
	load_rules(TABLE);
	see(&good);
	run("nft 'add rule inet f in tcp dport { 1, 2 } accept; flush chain inet f user; "
	    "add rule inet f user tcp dport 22 accept; "
	    "add rule inet f user tcp dport { 8002, 8000, 8001 } accept' && "
	    "nft delete rule inet f in handle $(nft -a list chain inet f in | "
	    "sed -n 's/.*dport { 1, 2 } accept # handle //p')");
	see(&now);
	assert_string_equal(now.text, good.text);
	load_rules(TABLE);
	see(&now);
	assert_string_equal(now.text, good.text);
}

static void test_order(void **state)
{
	struct likeness a, b;
	char differs[100];

	(void)state;
#define PAIR(x, y) \
	"table ip t { chain c { type filter hook input priority 0; policy drop; " x ";" y "; } }"
	load_rules(PAIR("tcp dport 1 accept", "tcp dport 1-9 drop"));
	see(&a);
	load_rules(PAIR("tcp dport 1-9 drop", "tcp dport 1 accept"));
	see(&b);
	assert_true(likeness_differs(&b, &a, differs, sizeof(differs)));
	assert_string_equal(differs, "ip t c has other rules");
}

/* More chains than have a row, and more differences than have room. */
static void test_bounds(void **state)
{
	struct likeness a = { 0 }, b = { 0 };
	char differs[60], name[20];

	(void)state;
	for (int i = 0; i < LIKENESS_CHAINS + 40; i++) {
		struct imprint_chain c = { .rules = 1, .bytes = (uint8_t *)name };

		c.len = (size_t)snprintf(name, sizeof(name), "chain %d", i);
		snprintf(c.name, sizeof(c.name), "%s", name);
		assert_int_equal(likeness_take(&a, &c), 0);
		if (i == LIKENESS_CHAINS + 20)
			name[0] = 'x';
		assert_int_equal(likeness_take(&b, &c), 0);
	}
	assert_int_equal(likeness_end(&a), 0);
	assert_int_equal(likeness_end(&b), 0);
	assert_int_equal(a.n, LIKENESS_CHAINS);
	assert_true(likeness_differs(&b, &a, differs, sizeof(differs)));
	assert_string_equal(differs, "more chains has other rules");
	b = (struct likeness){ 0 };
	assert_int_equal(likeness_end(&b), 0);
	assert_true(likeness_differs(&b, &a, differs, sizeof(differs)));
	assert_string_equal(differs, "chain 0 is gone; chain 1 is gone; and 254 more");
}

static void test_kept(void **state)
{
	struct kept_firewall k = { 0 }, before;
	struct likeness l;
	char *text;
	size_t len;

	(void)state;
	load_rules(TABLE);
	see(&l);
	text = likeness_write(&l, 1795262400, true, &len);
	assert_non_null(text);
	assert_int_equal(likeness_read(text, len, &k), 0);
	assert_int_equal(k.at, 1795262400);
	assert_true(k.copied);
	assert_memory_equal(&k.good, &l, sizeof(l));
	before = k;
	for (size_t i = 0; i < len; i++) {
		text[i] ^= 1;
		assert_int_equal(likeness_read(text, len, &k), -EBADMSG);
		assert_int_equal(likeness_read(text, i, &k), -EBADMSG);
		text[i] ^= 1;
	}
	assert_memory_equal(&k, &before, sizeof(k));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),   cmocka_unit_test(test_other),
		cmocka_unit_test(test_reload), cmocka_unit_test(test_order),
		cmocka_unit_test(test_bounds), cmocka_unit_test(test_kept),
	};

	return cmocka_run_group_tests_name("likeness", tests, enter_netns, NULL);
}
