// SPDX-License-Identifier: GPL-2.0-or-later
/* Which forwards a stranger's packet meets: those for an address of this host, by a way there is.
 */
#include <linux/netfilter.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/base/io.h"
#include "netfilter/survey.h"
#include "tests/unit/netns.h"

/* This host has 192.0.2.1, 2001:db8::1 and a bridge for its containers. */
static int enter(void **state)
{
	int r = enter_netns(state);

	return r < 0 ? r
		     : system("ip link set lo up && ip link add eth0 type veth peer name peer0 && "
			      "ip addr add 192.0.2.1/24 dev eth0 && "
			      "ip addr add 2001:db8::1/64 dev eth0 nodad && "
			      "ip link add docker0 type bridge && ip link add virbr0 type bridge");
}

/* "tcp/8080; near udp/53-54", in the order of the rules. */
static const char *told(const struct survey *s)
{
	static char text[400];
	size_t n = 0;

	*text = '\0';
	for (size_t i = 0; i < s->n_forwards; i++) {
		const struct forward *f = &s->forwards[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s%u/%u-%u", n ? "; " : "",
				      f->near ? "near " : "", f->protocol, f->from, f->to);
	}
	return text;
}

struct row {
	const char *rules, *told;
};

static void check(const struct row *rows, size_t n)
{
	struct nft nft = open_nft();
	struct survey s;

	for (size_t i = 0; i < n; i++) {
		load_rules(rows[i].rules);
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		if (strcmp(told(&s), rows[i].told) != 0)
			fail_msg("%s: %s", rows[i].rules, told(&s));
	}
	nft_close(&nft);
}

#define PRE(rules)                                                                     \
	"table ip n { chain p { type nat hook prerouting priority -100; " rules "\n }" \
	"\n chain a {\n}\n chain b {\n}\n }\n"
#define NAT(chains) "table ip n { " chains " }\n"
#define BASE(rules) " chain p { type nat hook prerouting priority -100; " rules "\n }\n"
#define BASE6(rules) \
	"table ip6 n { chain p { type nat hook prerouting priority -100; " rules "\n }\n }\n"

static void test_whom(void **state)
{
	static const struct row cases[] = {
		{ PRE("tcp dport 80 dnat to 10.0.0.2"), "6/80-80" },
		{ PRE("iifname != docker0 tcp dport 80 dnat to 10.0.0.2"), "6/80-80" },
		{ PRE("iifname docker0 tcp dport 80 dnat to 10.0.0.2"), "" },
		{ PRE("iifname virbr0 udp dport 53 redirect to :5353"), "" },
		{ PRE("iifname eth0 udp dport 53 redirect to :5353"), "17/53-53" },
		{ PRE("iif lo tcp dport 80 dnat to 10.0.0.2"), "" },
		{ PRE("ip saddr 198.51.100.0/24 tcp dport 80 dnat to 10.0.0.2"), "" },
		{ PRE("ip saddr != 198.51.100.0/24 tcp dport 80 dnat to 10.0.0.2"), "6/80-80" },
		/* By the address that it came to. */
		{ PRE("ip daddr 192.0.2.1 tcp dport 80 dnat to 10.0.0.2"), "6/80-80" },
		{ PRE("ip daddr 192.0.2.0/24 tcp dport 80 dnat to 10.0.0.2"), "6/80-80" },
		{ PRE("ip daddr 192.0.0.0/14 tcp dport 80 dnat to 10.0.0.2"), "6/80-80" },
		{ PRE("ip daddr 192.0.2.0-192.0.2.9 tcp dport 80 dnat to 10.0.0.2"), "6/80-80" },
		{ PRE("ip daddr { 192.0.2.1, 127.0.0.1 } tcp dport 80 dnat to 10.0.0.2"),
		  "6/80-80" },
		{ PRE("ip daddr { 192.0.2.0/25, 10.0.0.0/8 } tcp dport 80 dnat to 10.0.0.2"),
		  "6/80-80" },
		{ PRE("ip daddr . tcp dport { 192.0.2.1 . 80 } dnat to 10.0.0.2"), "6/0-65535" },
		{ PRE("dnat ip to ip daddr . tcp dport map { 192.0.2.1 . 80 : 10.0.0.2 }"),
		  "6/0-65535" },
		{ PRE("ip daddr != 127.0.0.0/8 tcp dport 80 dnat to 10.0.0.2"), "6/80-80" },
		{ PRE("ip daddr 127.0.0.1 tcp dport 80 dnat to 10.0.0.2"), "near 6/80-80" },
		{ PRE("ip daddr { 127.0.0.1, 10.96.0.1 } tcp dport 80 dnat to 10.0.0.2"),
		  "near 6/80-80" },
		{ PRE("ip daddr 10.96.0.0/12 tcp dport 80 dnat to 10.0.0.2"), "near 6/80-80" },
		{ PRE("ip daddr . tcp dport { 10.96.0.1 . 80 } dnat to 10.0.0.2"),
		  "near 6/0-65535" },
		{ PRE("ip daddr 224.0.0.251 udp dport 53 dnat to 10.0.0.2"), "" },
		{ BASE6("ip6 daddr 2001:db8::1 tcp dport 80 dnat to [fd00::2]"), "6/80-80" },
		{ BASE6("ip6 daddr 2001:db8::/32 tcp dport 80 dnat to [fd00::2]"), "6/80-80" },
		{ BASE6("ip6 daddr fd00::/7 tcp dport 80 dnat to [fd00::2]"), "near 6/80-80" },
		/* The kernel itself drops these. */
		{ BASE6("ip6 daddr ::1 tcp dport 80 dnat to [fd00::2]"), "" },
		/* By a mark, which nothing has that comes, but where a rule sets it. */
		{ PRE("meta mark 7 tcp dport 80 dnat to 10.0.0.2"), "" },
		{ PRE("tcp dport 81 meta mark set 7; meta mark 7 tcp dport 80 dnat to 10.0.0.2"),
		  "6/80-80" },
		/* What cannot be read may be anybody. */
		{ PRE("limit rate 1/second tcp dport 80 dnat to 10.0.0.2"), "6/80-80" },
		{ PRE("numgen random mod 2 0 dnat to 10.0.0.2"), "0/0-65535" },
	};

	(void)state;
	check(cases, COUNT(cases));
}

/* By jumps, each of which may say whom it is for. */
static void test_ways(void **state)
{
	static const struct row cases[] = {
		{ NAT("chain c { tcp dport 80 dnat to 10.0.0.2; }\n" BASE("accept")), "" },
		{ NAT("chain c { tcp dport 80 dnat to 10.0.0.2; }\n" BASE(
			  "fib daddr type local jump c")),
		  "6/80-80" },
		{ NAT("chain c { tcp dport 80 dnat to 10.0.0.2; }\n" BASE(
			  "iifname docker0 jump c")),
		  "" },
		{ NAT("chain c { tcp dport 80 dnat to 10.0.0.2; }\n" BASE("udp dport 80 goto c")),
		  "" },
		{ NAT("chain c { tcp dport 80 dnat to 10.0.0.2; }\n chain o { type nat hook output "
		      "priority -100; jump c; }"),
		  "" },
		{ NAT("chain c { dnat to 10.0.0.2; }\n chain b { tcp dport 1-99 jump c; }\n" BASE(
			  "tcp dport 50-200 jump b")),
		  "6/50-99" },
		{ NAT("chain c { meta l4proto tcp dnat to 10.0.0.2:53; }\n chain b { jump c; "
		      "}\n" BASE("ip daddr 10.96.0.10 tcp dport 53 jump b")),
		  "near 6/53-53" },
		{ NAT("chain c { meta l4proto tcp dnat to 10.0.0.2:53; }\n chain b { jump c; "
		      "}\n" BASE("ip daddr 10.96.0.10 tcp dport 53 jump b; fib daddr type local "
				 "tcp dport "
				 "30053 jump b")),
		  "6/30053-30053" },
		{ NAT("chain c { dnat to 10.0.0.2; }\n" BASE("tcp dport { 80, 443 } jump c")),
		  "6/80-443" },
		{ NAT("chain c { dnat to 10.0.0.2; }\n" BASE("tcp dport vmap { 80 : jump c }")),
		  "6/0-65535" },
		{ NAT("chain c { dnat to 10.0.0.2; }\n chain b { dnat to 10.0.0.3; }\n" BASE(
			  "ip daddr . tcp dport vmap { 192.0.2.1 . 80 : goto b, 10.96.0.1 . 80 : "
			  "goto c }")),
		  "6/0-65535; near 6/0-65535" },
		{ NAT("chain c { dnat to 10.0.0.2; }\n chain b { dnat to 10.0.0.3; }\n" BASE(
			  "meta l4proto vmap { tcp : jump b, udp : jump c }")),
		  "17/0-65535; 6/0-65535" },
		/* What is left of a port by a mask is none. */
		{ NAT("chain c { tcp dport 40000 dnat to 10.0.0.2; }\n" BASE(
			  "tcp dport & 0x8000 == 0x8000 jump c")),
		  "6/40000-40000" },
		/* Rules for few each, to the same ports: more than a sixteenth of all addresses. */
		{ NAT("chain c { dnat to 10.0.0.2; }\n" BASE(
			  "ip saddr 8.0.0.0/5 tcp dport 80 jump c; ip saddr 64.0.0.0/5 tcp dport "
			  "80 jump c")),
		  "6/80-80" },
		{ NAT(BASE("ip saddr 8.0.0.0/5 tcp dport 80 dnat to 10.0.0.2; ip saddr 64.0.0.0/5 "
			   "tcp dport 80 dnat to 10.0.0.3")),
		  "6/80-80" },
		{ NAT(BASE("ip saddr 8.0.0.0/5 tcp dport 80 dnat to 10.0.0.2; ip saddr 8.0.0.0/5 "
			   "tcp dport 81 dnat to 10.0.0.2")),
		  "" },
		{ NAT(BASE("ip daddr 10.96.0.1 ip saddr 8.0.0.0/5 tcp dport 80 dnat to 10.0.0.2; "
			   "ip daddr 10.96.0.1 ip saddr 64.0.0.0/5 tcp dport 80 dnat to "
			   "10.0.0.2")),
		  "near 6/80-80" },
		{ NAT(BASE("ip saddr 10.0.0.0/8 tcp dport 80 dnat to 10.0.0.2; ip saddr "
			   "172.16.0.0/12 tcp dport 80 dnat to 10.0.0.2; ip saddr 192.168.0.0/16 "
			   "tcp dport 80 dnat to 10.0.0.2")),
		  "" },
	};

	(void)state;
	check(cases, COUNT(cases));
}

#define DOCKER                                                                            \
	"iptables-nft -t nat -N DOCKER && iptables-nft -t nat -A PREROUTING -m addrtype " \
	"--dst-type LOCAL -j DOCKER && iptables-nft -t nat -A OUTPUT ! -d 127.0.0.0/8 "   \
	"-m addrtype --dst-type LOCAL -j DOCKER && iptables-nft -t nat -A DOCKER -i "     \
	"docker0 -j RETURN && iptables-nft -t nat -A DOCKER "
#define KUBE                                                                                 \
	"iptables-nft -t nat -N KUBE-SERVICES && iptables-nft -t nat -N KUBE-SVC && "        \
	"iptables-nft -t nat -N KUBE-SEP && iptables-nft -t nat -A PREROUTING -m comment "   \
	"--comment k -j KUBE-SERVICES && iptables-nft -t nat -A KUBE-SERVICES -d "           \
	"10.96.0.10/32 -p tcp -m tcp --dport 53 -j KUBE-SVC && iptables-nft -t nat -A "      \
	"KUBE-SVC -m statistic --mode random --probability 0.5 -j KUBE-SEP && iptables-nft " \
	"-t nat -A KUBE-SEP -p tcp -m tcp -j DNAT --to-destination 10.42.0.5:53 && "

/* As docker, libvirt and kubernetes lay them. */
static void test_iptables(void **state)
{
	static const struct {
		const char *commands, *told;
	} cases[] = {
		{ DOCKER "! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to 172.17.0.2:80",
		  "6/8080-8080" },
		{ DOCKER "-d 192.0.2.1/32 ! -i docker0 -p tcp -m tcp --dport 80 -j DNAT --to "
			 "172.17.0.2:80",
		  "6/80-80" },
		{ DOCKER "-d 127.0.0.1/32 ! -i docker0 -p tcp -m tcp --dport 5432 -j DNAT --to "
			 "172.17.0.2:5432",
		  "near 6/5432-5432" },
		{ KUBE "true", "near 6/53-53" },
		{ KUBE "iptables-nft -t nat -A KUBE-SERVICES -m addrtype --dst-type LOCAL -p tcp "
		       "--dport 30053 -j KUBE-SVC",
		  "6/30053-30053" },
		{ "iptables-nft -t nat -A PREROUTING -m iprange --dst-range 10.0.0.1-10.0.0.9 -p "
		  "tcp --dport 80 -j DNAT --to 10.0.0.2",
		  "near 6/80-80" },
		{ "iptables-nft -t nat -A PREROUTING -p tcp -m multiport --dports 80,443 -j DNAT "
		  "--to 10.0.0.2",
		  "6/0-65535" },
		{ "iptables-nft -t nat -A PREROUTING -i virbr0 -p tcp --dport 80 -j REDIRECT", "" },
	};
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	need_iptables_nft();
	for (size_t i = 0; i < COUNT(cases); i++) {
		load_rules("");
		assert_int_equal(system(cases[i].commands), 0);
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		if (strcmp(told(&s), cases[i].told) != 0)
			fail_msg("%s: %s", cases[i].commands, told(&s));
	}
	nft_close(&nft);
}

/* An address that comes, as by a lease, is this host's from then on. */
static void test_addresses(void **state)
{
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	load_rules(PRE("ip daddr 203.0.113.7 tcp dport 80 dnat to 10.0.0.2"));
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_string_equal(told(&s), "near 6/80-80");
	assert_int_equal(s.all_forwards, 0);
	assert_int_equal(system("ip addr add 203.0.113.7/32 dev eth0"), 0);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_string_equal(told(&s), "6/80-80");
	assert_int_equal(s.all_forwards, 1);
	assert_int_equal(system("ip addr del 203.0.113.7/32 dev eth0"), 0);
	nft_close(&nft);
}

/* Many of those for neighbours crowd out none of the others. */
static void test_many(void **state)
{
	struct nft nft = open_nft();
	FILE *rules = rules_begin();
	struct survey s;

	(void)state;
	fputs("table ip n { chain p { type nat hook prerouting priority -100;", rules);
	for (unsigned i = 1; i <= 2 * SURVEY_FORWARDS; i++)
		fprintf(rules, "ip daddr 127.0.0.1 tcp dport %u dnat to 10.0.0.2;", i);
	fputs("tcp dport 80 dnat to 10.0.0.2; }\n }", rules);
	rules_end(rules);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_int_equal(s.all_forwards, 1);
	assert_int_equal(s.n_forwards, SURVEY_FORWARDS);
	assert_int_equal(s.forwards[0].from, 80);
	assert_false(s.forwards[0].near);
	assert_true(s.forwards[1].near);
	nft_close(&nft);
}

/* A map of verdicts that is too large to be read may lead to any chain of its table. */
static void test_large_map(void **state)
{
	enum { N = 70000 };
	struct nft nft = open_nft();
	FILE *rules = rules_begin();
	struct survey s;

	(void)state;
	fputs("table ip n { chain c { tcp dport 80 dnat to 10.0.0.2; }\n"
	      "map m { type ipv4_addr : verdict; elements = { 192.0.2.1 : jump c",
	      rules);
	for (unsigned i = 0; i < N; i++)
		fprintf(rules, ", 10.%u.%u.%u : drop", i >> 16, i >> 8 & 255, i & 255);
	fputs(" }\n }\n chain p { type nat hook prerouting priority -100; ip daddr vmap @m; }\n }",
	      rules);
	rules_end(rules);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_string_equal(told(&s), "6/80-80");
	nft_close(&nft);
}

/* As many ports as a set has, by as many rules: each of them is weighed but once. */
static void test_large_set(void **state)
{
	enum { N = 20000, RULES = 20 };
	struct nft nft = open_nft();
	FILE *rules = rules_begin();
	struct survey s;
	uint64_t begin;

	(void)state;
	fputs("table ip n { set s { type inet_service; elements = { 1", rules);
	for (unsigned i = 1; i < N; i++)
		fprintf(rules, ", %u", 3 * i + 1);
	fputs(" }\n }\n chain p { type nat hook prerouting priority -100;", rules);
	for (unsigned i = 0; i < RULES; i++)
		fprintf(rules, " tcp dport @s %s;", i < RULES / 2 ? "accept" : "dnat to 10.0.0.2");
	fputs(" }\n }", rules);
	rules_end(rules);
	begin = io_boot_ms();
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_in_range(io_boot_ms() - begin, 0, 2000);
	assert_true(s.all_forwards > N);
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whom),	  cmocka_unit_test(test_ways),
		cmocka_unit_test(test_iptables),  cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_many),	  cmocka_unit_test(test_large_map),
		cmocka_unit_test(test_large_set),
	};

	return cmocka_run_group_tests_name("forwards", tests, enter, NULL);
}
