// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables of iptables-legacy together, beside nf_tables, as firewalls lay them, and as likenesses.
 */
#include <errno.h>
#include <libnftnl/table.h>
#include <linux/netfilter_ipv4/ip_tables.h>

#include "agent/posture/likeness.h"
#include "netfilter/batch.h"
#include "netfilter/xtables-parts.h"
#include "tests/unit/chains.h"
#include "tests/unit/iptables.h"

static const struct laid_row rows[] = {
	/* Packets that conntrack passes over. */
	{ V4 | V6,
	  "*raw; -A PREROUTING -j CT --notrack; *filter; :INPUT DROP; -A INPUT -m conntrack "
	  "--ctstate UNTRACKED -j ACCEPT",
	  OPENED "; tcp/22 untracked; tcp/80 untracked; tcp/8080 untracked; udp/53 untracked; "
		 "udp/5000 untracked; udp/5353 untracked" },
	{ V4 | V6,
	  "*raw; -A PREROUTING -j NOTRACK; *filter; -A INPUT -m conntrack --ctstate NEW,INVALID -j "
	  "DROP",
	  "open; tcp/22 untracked; tcp/80 untracked; tcp/8080 untracked; udp/53 untracked; "
	  "udp/5000 untracked; udp/5353 untracked" },
	{ V4 | V6,
	  "*raw; -A PREROUTING -p udp --dport 53 -j CT --notrack; *filter; :INPUT DROP; -A INPUT "
	  "-m conntrack --ctstate UNTRACKED -j ACCEPT",
	  CLOSED "; udp/53 untracked" },
	{ V4 | V6,
	  "*raw; -A PREROUTING -j CT --zone 1; *filter; -A INPUT -m conntrack --ctstate "
	  "NEW,INVALID -j DROP",
	  CLOSED },
	/* What is sent elsewhere. */
	{ V4 | V6,
	  "*nat; -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080; *filter; :INPUT "
	  "DROP; -A INPUT -p tcp --dport 8080 -j ACCEPT",
	  CLOSED "; tcp/8080; forward 6/80-80 own 8080-8080 to port 8080" },
	{ V4 | V6,
	  "*nat; -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080; *filter; :INPUT "
	  "DROP; -A INPUT -m conntrack --ctstate DNAT -j ACCEPT",
	  CLOSED "; tcp/8080; forward 6/80-80 own 8080-8080 to port 8080" },
	{ V4 | V6,
	  "*nat; -A PREROUTING -j REDIRECT; *filter; :INPUT DROP; -A INPUT -m conntrack --ctstate "
	  "DNAT -j ACCEPT",
	  OPENED ALL "; forward 0/0-65535 own 0-0" },
	{ V4,
	  "*nat; -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 172.17.0.2:8080; "
	  "*filter; :INPUT DROP",
	  CLOSED "; forward 6/80-80 to 172.17.0.2 port 8080" },
	{ V4,
	  "*nat; -A PREROUTING -d 192.0.2.1 -p udp --dport 5000:5009 -j DNAT --to-destination "
	  "10.0.0.2; *filter; :INPUT DROP",
	  CLOSED "; forward 17/5000-5009 to 10.0.0.2" },
	{ V4,
	  "*nat; -A PREROUTING -i docker0 -p tcp --dport 80 -j DNAT --to-destination 172.17.0.2; "
	  "*filter; :INPUT DROP",
	  CLOSED },
	{ V4,
	  "*nat; -A PREROUTING -d 192.0.2.128/25 -p tcp --dport 80 -j DNAT --to-destination "
	  "172.17.0.2; *filter; :INPUT DROP",
	  CLOSED "; near forward 6/80-80 to 172.17.0.2" },
	{ V6,
	  "*nat; -A PREROUTING -d 2001:db8::8000:0:0:0/65 -p tcp --dport 80 -j DNAT "
	  "--to-destination [fd00::2]; *filter; :INPUT DROP",
	  CLOSED "; near forward 6/80-80 to fd00::2" },
	{ V4,
	  "*nat; -A PREROUTING -d 198.51.100.1 -p tcp --dport 80 -j DNAT --to-destination "
	  "172.17.0.2; *filter; :INPUT DROP",
	  CLOSED "; near forward 6/80-80 to 172.17.0.2" },
	{ V4,
	  "*nat; :DOCKER -; -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER; -A OUTPUT ! -d "
	  "127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER; -A POSTROUTING -s 172.17.0.0/16 ! "
	  "-o docker0 -j MASQUERADE; -A DOCKER -i docker0 -j RETURN; -A DOCKER ! -i docker0 -p tcp "
	  "-m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80; *filter; :INPUT DROP",
	  CLOSED "; forward 6/8080-8080 to 172.17.0.2 port 80" },
	{ V4,
	  "*nat; -A PREROUTING -d 192.0.2.0/24 -j NETMAP --to 10.0.0.0/24; *filter; :INPUT DROP",
	  CLOSED "; forward 0/0-65535 to 10.0.0.0" },
	{ V4,
	  "*nat; -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 127.0.0.1:22; *filter; "
	  ":INPUT DROP; -A INPUT -m conntrack --ctstate DNAT -j ACCEPT",
	  CLOSED "; tcp/22; forward 6/80-80 own 22-22 to 127.0.0.1 port 22" },
	{ V6,
	  "*nat; -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination [fd00::2]:8080; *filter; "
	  ":INPUT DROP",
	  CLOSED "; forward 6/80-80 to fd00::2 port 8080" },
	{ V6,
	  "*nat; -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 2001:db8::1; *filter; "
	  ":INPUT DROP; -A INPUT -m conntrack --ctstate DNAT -j ACCEPT",
	  CLOSED "; udp/53; forward 17/53-53 own 0-0 to 2001:db8::1" },
	{ V4 | V6,
	  "*nat; -A OUTPUT -p tcp --dport 80 -j REDIRECT --to-ports 8080; -A INPUT -j ACCEPT; -A "
	  "POSTROUTING -o eth0 -j MASQUERADE; *filter; :INPUT DROP",
	  CLOSED },
	{ V4 | V6, "*nat; :INPUT DROP", "open" ALL },
	/* Other tables than filter, and several. */
	{ V4 | V6, "*mangle; -A INPUT -j DROP", "closed by mangle INPUT" },
	{ V4 | V6, "*mangle; :INPUT DROP; -A INPUT -p tcp --dport 22 -j ACCEPT",
	  "closed by mangle INPUT; tcp/22" },
	{ V4 | V6, "*mangle; :PREROUTING DROP", "open" ALL "; cut by mangle PREROUTING" },
	{ V4 | V6, "*mangle; -A PREROUTING -j DROP", "open" ALL },
	{ V4 | V6, "*raw; :PREROUTING DROP", "open" ALL "; cut by raw PREROUTING" },
	{ V4 | V6,
	  "*mangle; :INPUT DROP; -A INPUT -p tcp -j ACCEPT; *filter; -A INPUT -p tcp -j DROP",
	  "closed by mangle INPUT" },
	{ V4 | V6,
	  "*mangle; -A INPUT -p tcp --dport 22 -j DROP; *filter; :INPUT DROP; -A INPUT -p tcp -m "
	  "multiport --dports 22,80 -j ACCEPT",
	  CLOSED "; tcp/80" },
	{ V4 | V6, "*security; :INPUT DROP; -A INPUT -p udp --dport 53 -j ACCEPT",
	  "closed by security INPUT; udp/53" },
	{ V4 | V6,
	  "*security; -A INPUT -p udp --dport 53 -j DROP; *filter; :INPUT DROP; -A INPUT -p udp -m "
	  "multiport --dports 53,5353 -j ACCEPT",
	  CLOSED "; udp/5353" },
	{ V4 | V6,
	  "*mangle; -A INPUT -j ACCEPT; *security; -A INPUT -j DROP; *filter; :INPUT DROP; -A "
	  "INPUT -j ACCEPT",
	  "closed by security INPUT" },
	{ V4 | V6,
	  "*mangle; :own -; -A own -j DROP; *filter; :own -; -A own -j ACCEPT; -A INPUT -j own",
	  "open at filter own 1 from filter INPUT 1" ALL },
	{ V4 | V6,
	  "*raw; -A PREROUTING -p tcp --dport 22 -j DROP; *filter; -A INPUT -p udp -j DROP",
	  "open" TCP },
	{ V4 | V6, "*mangle; -A FORWARD -j DROP; -A OUTPUT -j DROP; -A POSTROUTING -j DROP",
	  "open" ALL },
};

static void test_rows(void **state)
{
	(void)state;
	check_rows(rows, COUNT(rows));
}

/* As ufw lays its rules, those of its user last. */
#define UFW(own, group, more)                                                               \
	":INPUT DROP; :FORWARD DROP; :before-input -; :after-input -; :logging-deny -; "    \
	":not-local -; :user-input -; :skip-to-policy -; :track-input -; "                  \
	"-A INPUT -j before-input; -A INPUT -j after-input; -A INPUT -j track-input; "      \
	"-A before-input -i lo -j ACCEPT; "                                                 \
	"-A before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; "            \
	"-A before-input -m conntrack --ctstate INVALID -j logging-deny; "                  \
	"-A before-input -m conntrack --ctstate INVALID -j DROP; " own                      \
	"-A before-input -j not-local; "                                                    \
	"-A before-input -d " group " -p udp -m udp --dport 5353 -j ACCEPT; "               \
	"-A before-input -j user-input; "                                                   \
	"-A not-local -m addrtype --dst-type LOCAL -j RETURN; "                             \
	"-A not-local -m addrtype --dst-type MULTICAST -j RETURN; "                         \
	"-A not-local -m limit --limit 3/min --limit-burst 10 -j logging-deny; "            \
	"-A not-local -j DROP; "                                                            \
	"-A after-input -p udp -m udp --dport 137 -j skip-to-policy; "                      \
	"-A skip-to-policy -j DROP; "                                                       \
	"-A logging-deny -m conntrack --ctstate INVALID -m limit --limit 3/min -j RETURN; " \
	"-A logging-deny -m limit --limit 3/min -j LOG --log-prefix \"[UFW BLOCK] \"; " more
#define UFW4(more)                                                                \
	UFW("-A before-input -p icmp -m icmp --icmp-type 8 -j ACCEPT; "           \
	    "-A after-input -m addrtype --dst-type BROADCAST -j skip-to-policy; " \
	    "-A not-local -m addrtype --dst-type BROADCAST -j RETURN; ",          \
	    "224.0.0.251", more)
#define UFW6(more) \
	UFW("-A before-input -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT; ", "ff02::fb", more)
#define SERVICES                                             \
	"-A user-input -p tcp -m tcp --dport 22 -j ACCEPT; " \
	"-A user-input -p udp -m multiport --dports 5000:5010 -j ACCEPT"
#define EVERYTHING "-A user-input -j ACCEPT"
#define OPENED_BY_USER                                                                   \
	"open at filter user-input 1 by filter before-input from filter INPUT 1 beside " \
	"after-input beside track-input" ALL

static const struct laid_row firewalls[] = {
	{ V4, UFW4(""), CLOSED },
	{ V6, UFW6(""), CLOSED },
	{ V4, UFW4(SERVICES), CLOSED "; tcp/22; udp/5000" },
	{ V6, UFW6(SERVICES), CLOSED "; tcp/22; udp/5000" },
	{ V4, UFW4(EVERYTHING), OPENED_BY_USER },
	{ V6, UFW6(EVERYTHING), OPENED_BY_USER },
};

static void test_firewalls(void **state)
{
	(void)state;
	check_rows(firewalls, COUNT(firewalls));
}

/* So many that their names sort otherwise than they stand, one leading to the next. */
static void test_many(void **state)
{
	static char text[1 << 15];
	struct laid_row row = { V4 | V6, text, NULL };
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 200; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ":c%u -; ", i * 7 % 200);
	for (unsigned i = 0; i < 200; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "-A c%u -p tcp --dport %u -j DROP; ", i, i + 9000);
	/* Not all of them in one row: a packet is followed through so many jumps only. */
	for (unsigned i = 0; i < 199; i++)
		if (i % 10 != 9)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "-A c%u -j c%u; ", i,
					      i + 1);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "-A c199 -p tcp --dport 80 -j ACCEPT; ");
	n += (size_t)snprintf(text + n, sizeof(text) - n, ":INPUT DROP; -A INPUT -j c190; ");
	row.told = CLOSED "; tcp/80";
	check_rows(&row, 1);
	snprintf(text + n, sizeof(text) - n, "-A c195 -p udp -j ACCEPT");
	row.told = "open at filter c195 3 by filter c190 from filter INPUT 1; tcp/80" UDP;
	check_rows(&row, 1);
}

/* What nf_tables' rules let in is dropped by those beside them, and the other way round. */
static void test_beside(void **state)
{
	static const struct {
		const char *nft, *legacy, *told;
	} pairs[] = {
		{ "", CLOSING, CLOSED },
		{ ONE("drop"), "", "closed by t c" },
		{ ONE("accept"), CLOSING, CLOSED },
		{ ONE("drop"), "-A INPUT -j ACCEPT", "closed by t c" },
		{ ONE("tcp dport { 22, 80 } accept; drop"),
		  CLOSING "-A INPUT -p tcp --dport 22 -j ACCEPT", "closed by t c; tcp/22" },
		{ ONE("tcp dport 80 accept; drop"), CLOSING "-A INPUT -p tcp --dport 22 -j ACCEPT",
		  "closed by t c" },
		{ ONE("ct status dnat accept; drop"),
		  "*nat; -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 22",
		  "closed by t c; tcp/22; forward 6/80-80 own 22-22 to port 22" },
		{ ONE("meta mark 7 accept; drop"), "*mangle; -A PREROUTING -j MARK --set-mark 7",
		  "open at t c 1" ALL },
		{ ONE("ct state new drop; ct state invalid drop"),
		  "*raw; -A PREROUTING -p udp -j CT --notrack",
		  "open; udp/53 untracked; udp/5000 untracked; udp/5353 untracked" },
	};

	(void)state;
	need_iptables_legacy();
	for (int v = 4; v <= 6; v += 2)
		for (size_t i = 0; i < COUNT(pairs); i++) {
			struct answer a;

			be_in(BY_LEGACY);
			load_rules(pairs[i].nft);
			ask_of(BY_LEGACY, v, pairs[i].legacy, &a);
			if (strcmp(a.text, pairs[i].told) != 0)
				fail_msg("IPv%d: %s, %s: \"%s\"", v, pairs[i].nft, pairs[i].legacy,
					 a.text);
		}
	be_in(BY_LEGACY);
	load_rules("");
}

/* Nobody is to pass for them: then nothing can be told. */
static void test_posing(void **state)
{
	static const char *const names[] = { "iptables-legacy filter", "ip6tables-legacy x" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		struct nftnl_table *t = nftnl_table_alloc();
		struct nft nft;
		struct batch *b;
		struct survey s;

		be_in(BY_LEGACY);
		nft = open_nft();
		b = batch_begin(&nft, NFPROTO_INET);
		nftnl_table_set_str(t, NFTNL_TABLE_NAME, names[i]);
		batch_add_table(b, t);
		nftnl_table_free(t);
		assert_int_equal(batch_commit(b, NULL), 0);
		assert_int_equal(survey_inbound(&nft, &s, NULL), -EBADMSG);
		load_rules("");
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		nft_close(&nft);
	}
}

static void see(const char *rules, struct likeness *ret)
{
	const bool *laid = lay(BY_LEGACY, 4, rules);
	struct xtables x = { 0 };
	struct nft nft = open_nft();
	struct survey s;

	read_legacy(4, laid, &x);
	nft.beside = &x;
	*ret = (struct likeness){ 0 };
	assert_int_equal(survey_chains(&nft, NULL, 0, &s, likeness_take, ret, NULL), 0);
	assert_int_equal(likeness_end(ret), 0);
	xtables_free(&x);
	nft_close(&nft);
}

#define GOOD                                                                                      \
	":INPUT DROP%s; :own -; -A INPUT -i lo -j ACCEPT; "                                       \
	"-A INPUT -m limit --limit 3/s -j LOG; -A INPUT -j own; "                                 \
	"%s-A own -p tcp --dport %s -m conntrack --ctstate NEW -j ACCEPT; -A own -s 10.0.0.1 -j " \
	"DROP"

/* Counters are no rules, and neither is what a match remembers. */
static void test_likeness(void **state)
{
	static const struct {
		const char *policy, *count, *ports, *differs;
	} changes[] = {
		{ "", "", "22", "" },
		{ " [7:420]", "[9:99]", "22", "" },
		{ "", "", "23", "iptables-legacy filter own has other rules" },
		{ "", "-A own -p tcp --dport 80 -j ACCEPT; ", "22",
		  "iptables-legacy filter own has 2 rules, not 1" },
		{ "", "-A INPUT -p udp -j ACCEPT; ", "22",
		  "iptables-legacy filter INPUT has 4 rules, not 3" },
	};
	struct likeness good, now;
	char text[1000], differs[200];

	(void)state;
	need_iptables_legacy();
	snprintf(text, sizeof(text), GOOD, "", "", "22");
	see(text, &good);
	for (size_t i = 0; i < COUNT(changes); i++) {
		*differs = '\0';
		snprintf(text, sizeof(text), GOOD, changes[i].policy, changes[i].count,
			 changes[i].ports);
		see(text, &now);
		if (likeness_differs(&now, &good, differs, sizeof(differs)) !=
			    !!*changes[i].differs ||
		    strcmp(differs, changes[i].differs) != 0)
			fail_msg("%s: \"%s\"", text, differs);
	}
}

/* Laid while a table is read: once, or each time in turn with what was there. */
static const char *amid, *in_turn;

int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	const char *now = amid;

	if (now && name == IPT_SO_GET_ENTRIES) {
		amid = in_turn;
		in_turn = in_turn ? now : NULL;
		lay(BY_LEGACY, 4, now);
	}
	return __real_getsockopt(fd, level, name, value, len);
}

/* Of one size, the first rule in another chain; and of another size. */
static void test_amid(void **state)
{
	static const char *const later[] = {
		"-A INPUT -s 10.0.0.0/8 -j DROP",
		"-A INPUT -s 10.0.0.0/8 -j DROP; -A INPUT -s 10.0.0.0/8 -j DROP",
	};
	static const char before[] = ":INPUT DROP; -A FORWARD -j ACCEPT";
	struct xtables x = { 0 };
	struct fault fault = { 0 };
	struct survey s;
	struct nft nft;

	(void)state;
	need_iptables_legacy();
	for (size_t i = 0; i < COUNT(later); i++) {
		lay(BY_LEGACY, 4, before);
		nft = open_nft();
		nft.beside = &x;
		amid = later[i];
		assert_int_equal(xtables_read(NFPROTO_IPV4, "filter", &x, &fault), 0);
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		assert_false(s.closed4);
		amid = before;
		in_turn = later[i];
		x.len = 0;
		assert_int_equal(xtables_read(NFPROTO_IPV4, "filter", &x, &fault), -EAGAIN);
		assert_string_equal(fault.why, "cannot read iptables-legacy filter: it changes all "
					       "the time");
		assert_int_equal(x.len, 0);
		amid = in_turn = NULL;
		nft_close(&nft);
	}
	xtables_free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),   cmocka_unit_test(test_firewalls),
		cmocka_unit_test(test_many),   cmocka_unit_test(test_beside),
		cmocka_unit_test(test_posing), cmocka_unit_test(test_likeness),
		cmocka_unit_test(test_amid),
	};

	return cmocka_run_group_tests_name("xtables-tables", tests, enter_both, NULL);
}
