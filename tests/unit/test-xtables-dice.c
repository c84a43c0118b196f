// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rulesets by chance: the survey says the same of them laid by iptables-legacy as laid by
 * iptables-nft.  Left out is what the latter has other words for: see test-xtables.c.
 */
#include "agent/base/io.h"
#include "tests/unit/iptables.h"

#define ROUNDS	 300
#define LIMIT_MS 3000 /* a slow machine does fewer */
#define OWN	 4    /* chains of users */

static uint64_t dice = 0x9e3779b97f4a7c15;

static unsigned throw(unsigned sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (unsigned)(dice >> 33) % sides;
}

/* Conditions that begin with a protocol stand first in a rule. */
static const char *const protocols[] = {
	"",
	"",
	"",
	"-p tcp",
	"-p udp",
	"! -p tcp",
	"! -p udp",
	"-p 47",
	"-p tcp --dport 22",
	"-p tcp ! --dport 80",
	"-p tcp --dport 1:1023",
	"-p tcp --dport 1024:",
	"-p tcp --syn",
	"-p tcp ! --syn",
	"-p udp --dport 53",
	"-p udp --dport 5000:5400",
	"-p udp --sport 53",
	"-p tcp -m multiport --dports 22,80,8080",
	"-p udp -m multiport --dports 53,5000:5400",
	"-p tcp -m multiport ! --dports 22,80",
};

static const char *const conditions[] = {
	"",
	"",
	"",
	"-i lo",
	"! -i lo",
	"-i eth0",
	"! -i eth0",
	"-i eth+",
	"-i docker0",
	"! -i docker+",
	"-i +",
	"-m conntrack --ctstate NEW",
	"-m conntrack --ctstate NEW,INVALID",
	"-m conntrack ! --ctstate NEW",
	"-m conntrack --ctstate ESTABLISHED,RELATED",
	"-m conntrack --ctstate INVALID,UNTRACKED",
	"-m conntrack --ctstate DNAT",
	"-m state --state NEW,INVALID,UNTRACKED",
	"-m mark --mark 1",
	"-m mark ! --mark 1/1",
	"-m connmark --mark 1",
	"-m addrtype --dst-type LOCAL",
	"-m addrtype ! --dst-type LOCAL",
	"-m addrtype --dst-type MULTICAST",
	"-m mac --mac-source 02:00:00:00:00:08",
	"-m pkttype --pkt-type unicast",
	"-m pkttype ! --pkt-type multicast",
	"-m policy --dir in --pol none",
	"-m policy --dir in --pol ipsec",
	"-m limit --limit 3/s",
	"-m comment --comment x",
};

static const char *const addresses4[] = {
	"",
	"",
	"",
	"",
	"-s 10.0.0.0/8",
	"! -s 10.0.0.0/8",
	"-s 0.0.0.0/1",
	"-s 128.0.0.0/1",
	"-s 192.0.2.7",
	"! -s 192.0.2.7",
	"-s 10.0.0.1/255.0.0.255",
	"-d 192.0.2.1",
	"! -d 192.0.2.1",
	"-d 224.0.0.0/4",
	"-d 224.0.0.251",
	"-d 255.255.255.255",
	"-s 64.0.0.0/3 -d 192.0.2.0/24",
	"-m iprange --src-range 10.0.0.1-100.0.0.1",
	"-f",
	"! -f",
};

static const char *const addresses6[] = {
	"",
	"",
	"",
	"",
	"-s 2001:db8::/32",
	"! -s 2001:db8::/32",
	"-s 2000::/3",
	"-s 3000::/4",
	"-s 2001:db8::7",
	"-s ::1/::1",
	"-d 2001:db8::1",
	"! -d 2001:db8::1",
	"-d ff00::/8",
	"-d ff02::fb",
	"-s 2000::/4 -d 2001:db8::/64",
	"-m iprange --src-range 2000::-2fff::",
};

/* The last one is for table filter alone. */
static const char *const ends[] = {
	"-j ACCEPT", "-j ACCEPT", "-j ACCEPT", "-j DROP",
	"-j DROP",   "-j RETURN", "-j LOG",    "-j NFQUEUE --queue-num 1",
	"",	     "-j REJECT",
};
static size_t n_ends;

static struct answer rules;

static void put_conditions(int v)
{
	const char *address = v == 6 ? addresses6[throw(COUNT(addresses6))]
				     : addresses4[throw(COUNT(addresses4))];

	/* Fragments have no ports to ask for. */
	if (!strstr(address, "-f"))
		say(&rules, " %s", protocols[throw(COUNT(protocols))]);
	say(&rules, " %s", address);
	say(&rules, " %s", conditions[throw(COUNT(conditions))]);
}

/* Chain `from` leads to later ones only: no packet goes round. */
static void put_end(unsigned from)
{
	if (from < OWN && throw(3) == 0)
		say(&rules, " -%c own%u; ", throw(3) ? 'j' : 'g', from + throw(OWN - from));
	else
		say(&rules, " %s; ", ends[throw((unsigned)n_ends)]);
}

static void put_rule(const char *chain, unsigned leads, int v)
{
	say(&rules, "-A %s", chain);
	put_conditions(v);
	put_end(leads);
}

static void put_filter(const char *table, int v)
{
	char own[8];

	n_ends = COUNT(ends) - !!strcmp(table, "filter");
	say(&rules, "*%s; :INPUT %s; ", table, throw(3) ? "DROP" : "ACCEPT");
	for (unsigned i = 0; i < OWN; i++)
		say(&rules, ":own%u -; ", i);
	for (unsigned n = 1 + throw(5); n; n--)
		put_rule("INPUT", 0, v);
	for (unsigned i = 0; i < OWN; i++)
		for (unsigned n = throw(3); n; n--) {
			snprintf(own, sizeof(own), "own%u", i);
			put_rule(own, i + 1, v);
		}
}

static const struct {
	const char *table, *rule;
} before[] = {
	{ "raw", "-j CT --notrack" },
	{ "raw", "-j CT --zone 1" },
	{ "mangle", "-j MARK --set-mark 1" },
	{ "mangle", "-j CONNMARK --set-mark 1" },
	{ "nat", "-j REDIRECT" },
	{ "nat", "-p tcp -j REDIRECT --to-ports 22" },
	{ "nat", "-p udp --dport 5353 -j DNAT --to-destination :53" },
};

static void put_before(int v)
{
	const size_t i = throw(COUNT(before));
	const char *where = v == 6 ? addresses6[throw(COUNT(addresses6))]
				   : addresses4[throw(COUNT(addresses4))];

	say(&rules, "*%s; -A PREROUTING %s %s; ", before[i].table, strstr(where, "-f") ? "" : where,
	    before[i].rule);
}

static void put_rules(int v)
{
	rules = (struct answer){ 0 };
	if (throw(4) == 0)
		put_before(v);
	if (throw(5) == 0)
		put_filter("mangle", v);
	if (throw(8) == 0)
		put_filter("security", v);
	put_filter("filter", v);
}

static void test_dice(void **state)
{
	const uint64_t end = io_boot_ms() + LIMIT_MS;
	struct answer legacy, nft;

	(void)state;
	need_iptables_nft();
	need_iptables_legacy();
	for (unsigned i = 0; i < ROUNDS && io_boot_ms() < end; i++) {
		const int v = i / 20 % 2 ? 6 : 4;

		put_rules(v);
		ask_of(BY_LEGACY, v, rules.text, &legacy);
		ask_of(BY_NFT, v, rules.text, &nft);
		if (strcmp(legacy.text, nft.text) == 0)
			continue;
		fprintf(stderr, "%s\n", rules.text); /* longer than cmocka takes */
		fail_msg("round %u, IPv%d\nby iptables-legacy \"%s\"\nby iptables-nft "
			 "\"%s\"",
			 i, v, legacy.text, nft.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dice),
	};

	return cmocka_run_group_tests_name("xtables-dice", tests, enter_both, NULL);
}
