// SPDX-License-Identifier: GPL-2.0-or-later
/* What a ruleset opens: single packets, ports, and what it leads on to others. */
#include <linux/netfilter.h>

#include "agent/base/count.h"
#include "netfilter/survey.h"
#include "tests/unit/chains.h"
#include "tests/unit/netns.h"

/* Every one as the only accept of a chain that drops. */
static void test_matches(void **state)
{
	static const struct {
		const char *match;
		bool closed;
	} matches[] = {
		{ "-m conntrack --ctstate NEW,ESTABLISHED,RELATED", false },
		{ "-m conntrack --ctstate ESTABLISHED,RELATED", true },
		{ "-m conntrack ! --ctstate INVALID", false },
		{ "-m conntrack --ctstate DNAT", true },
		{ "-m conntrack --ctorigsrc 10.0.0.0/8", true },
		{ "-m conntrack --ctorigsrc 0.0.0.0/0", false },
		{ "-m conntrack --ctorigsrc 64.0.0.0/2", false },
		{ "-p tcp -m conntrack --ctorigdstport 22", true },
		{ "-m state --state NEW", false },
		{ "-m state --state ESTABLISHED", true },
		{ "-p tcp -m tcp --dport 1:65535", false },
		{ "-p tcp -m tcp --dport 22", true },
		{ "-p tcp -m tcp ! --dport 22", false },
		{ "-p tcp -m tcp --sport 53", false },
		{ "-p tcp -m tcp --syn", false },
		{ "-p tcp -m tcp ! --syn", true },
		{ "-p tcp -m tcp --tcp-flags SYN,PSH SYN", false },
		{ "-p tcp -m tcp ! --tcp-flags URG NONE", false },
		{ "-p tcp -m tcp --tcp-flags URG,ACK URG,ACK", true },
		{ "-p udp -m udp --dport 1024:65535", false },
		{ "-p udp -m udp --sport 67 --dport 68", true },
		{ "-p tcp -m multiport --dports 0:65535", false },
		{ "-p tcp -m multiport --dports 22,80,8000:8100", true },
		{ "-p tcp -m multiport ! --dports 22,80", false },
		{ "-p tcp -m multiport --ports 22,80", false },
		{ "-m addrtype --dst-type LOCAL", false },
		{ "-m addrtype --dst-type MULTICAST", true },
		{ "-m pkttype --pkt-type broadcast", false },
		{ "-p tcp -m pkttype --pkt-type broadcast", true },
		{ "-m mac --mac-source 02:00:00:00:00:01", true },
		{ "-m limit --limit 5/min", false },
		{ "-p icmp --icmp-type echo-request", true },
		{ "-i eth0", false },
		{ "-i lo", true },
		{ "-i docker0", true },
		{ "-s 10.0.0.0/8", true },
		{ "-s 128.0.0.0/1", false },
		{ "-m comment --comment x", false },
		{ "-m iprange --src-range 192.0.2.10-192.0.2.20", true },
		{ "-m iprange --src-range 10.0.0.0-24.255.255.255", true },
		{ "-m iprange --src-range 10.0.0.0-25.255.255.255", false },
		{ "-m iprange --src-range 0.0.0.0-255.255.255.255", false },
		{ "-m iprange ! --src-range 192.0.2.10-192.0.2.20", false },
		{ "-m iprange --dst-range 10.0.0.0-10.0.0.255", false },
		{ "-m iprange --dst-range 224.0.0.0-224.0.0.255", true },
		{ "-m iprange --src-range 192.0.2.1-192.0.2.2 --dst-range 10.0.0.0-10.0.0.9",
		  true },
		{ "-m policy --dir in --pol ipsec", true },
		{ "-m policy --dir in --pol ipsec --proto esp --strict --mode tunnel", true },
		{ "-m policy --dir in --pol none", false },
	};
	struct nft nft = open_nft();
	char line[200];
	struct survey s;

	(void)state;
	need_iptables_nft();
	for (size_t i = 0; i < COUNT(matches); i++) {
		load_rules("");
		snprintf(line, sizeof(line),
			 "iptables-nft -P INPUT DROP && iptables-nft -A INPUT %s -j ACCEPT",
			 matches[i].match);
		assert_int_equal(system(line), 0);
		assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
		if (s.closed4 != matches[i].closed)
			fail_msg("%s: closed %d", matches[i].match, s.closed4);
	}
	nft_close(&nft);
}

/* What came to one port goes to another one. */
#define SENT(where)                                                                            \
	"table ip n { chain p { type nat hook prerouting priority -100; tcp dport 2222 " where \
	"; }\n }\n"

/* What a ruleset does with one port, whatever it does with the others. */
static void test_ports(void **state)
{
	static const struct {
		const char *rules;
		struct survey_port port; /* with the answer that is expected */
	} cases[] = {
#define TCP4 NFPROTO_IPV4, IPPROTO_TCP
#define UDP4 NFPROTO_IPV4, IPPROTO_UDP
		{ "", { TCP4, 22, .open = true } },
		{ ONE("tcp dport 22 accept; drop"), { TCP4, 22, .open = true } },
		{ ONE("tcp dport 22 accept; drop"), { TCP4, 23, .open = false } },
		{ ONE("tcp dport 22 accept; drop"), { UDP4, 22, .open = false } },
		{ ONE("tcp dport 22 accept; drop"),
		  { NFPROTO_IPV6, IPPROTO_TCP, 22, .open = true } },
		{ ONE("tcp dport 22 drop; tcp dport 1-100 accept; drop"),
		  { TCP4, 22, .open = false } },
		{ ONE("tcp dport 22 drop; tcp dport 1-100 accept; drop"),
		  { TCP4, 21, .open = true } },
		{ ONE("tcp dport { 22, 80-90 } accept; drop"), { TCP4, 85, .open = true } },
		{ ONE("tcp dport { 22, 80-90 } accept; drop"), { TCP4, 91, .open = false } },
		{ ONE("tcp dport != 22 accept; drop"), { TCP4, 22, .open = false } },
		{ ONE("tcp dport < 1024 accept; drop"), { TCP4, 1023, .open = true } },
		{ ONE("tcp dport < 1024 accept; drop"), { TCP4, 1024, .open = false } },
		{ ONE("tcp dport vmap { 22 : accept, 23 : drop }; drop"),
		  { TCP4, 22, .open = true } },
		{ ONE("tcp dport vmap { 22 : accept, 23 : drop }; drop"),
		  { TCP4, 23, .open = false } },
		{ ONE("ip saddr 10.0.0.0/8 tcp dport 22 accept; drop"),
		  { TCP4, 22, .open = false } },
		{ ONE("ip saddr . tcp dport { 192.0.2.1 . 22 } accept; drop"),
		  { TCP4, 22, .open = false } },
		{ ONE("tcp sport 53 accept; drop"), { TCP4, 22, .open = true } },
		{ ONE("tcp sport 53 tcp dport 53 accept; drop"), { TCP4, 53, .open = true } },
		{ ONE("tcp dport 1-99 ct original proto-dst 22 accept; drop"),
		  { TCP4, 22, .open = true } },
		{ ONE("meta l4proto 89 accept; drop"), { NFPROTO_IPV4, 89, 0, .open = true } },
		{ ONE("meta l4proto 89 accept; drop"), { NFPROTO_IPV4, 47, 0, .open = false } },
		{ ONE("meta l4proto tcp th dport 22 accept; drop"),
		  { NFPROTO_IPV4, IPPROTO_SCTP, 22, .open = false } },
		{ ONE("sctp dport 22 accept; drop"),
		  { NFPROTO_IPV4, IPPROTO_SCTP, 22, .open = true } },
		{ ONE("drop"), { TCP4, 22, .open = false } },
		{ SENT("redirect to :22") ONE("ct status dnat accept; drop"),
		  { TCP4, 22, .open = true } },
		{ SENT("redirect to :22")
			  ONE("tcp sport 1-65535 ct original proto-dst 2222 accept; drop"),
		  { TCP4, 22, .open = true } },
		{ SENT("redirect to :22") ONE("ct status dnat accept; drop"),
		  { TCP4, 23, .open = false } },
		{ SENT("redirect to :22") ONE("ct status dnat drop; drop"),
		  { TCP4, 22, .open = false } },
		{ SENT("redirect to :20-30") ONE("ct status dnat accept; drop"),
		  { TCP4, 25, .open = true } },
		{ SENT("redirect to :tcp dport map { 2222 : 22 }")
			  ONE("ct status dnat accept; drop"),
		  { TCP4, 22, .open = true } },
		{ SENT("dnat to :22") ONE("ct status dnat accept; drop"),
		  { TCP4, 22, .open = true } },
		{ SENT("dnat to 192.0.2.2:22") ONE("ct status dnat accept; drop"),
		  { TCP4, 22, .open = false } },
	};
	struct nft nft = open_nft();

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct survey_port port = cases[i].port;
		struct survey s;

		load_rules(cases[i].rules);
		port.open = !port.open;
		assert_int_equal(survey_ports(&nft, &port, 1, &s, NULL), 0);
		if (port.open != cases[i].port.open)
			fail_msg("%s: port %u is %s", cases[i].rules, port.port,
				 port.open ? "open" : "closed");
	}
	nft_close(&nft);
}

/* Ports that rules do not tell apart cost nothing, however many there are. */
static void test_many_ports(void **state)
{
	static const struct {
		const char *rules;
		unsigned open_from, open_to;
	} cases[] = {
		{ ONE("drop"), 1, 0 },
		{ ONE("tcp dport 22 accept; drop"), 22, 22 },
		{ ONE("tcp dport { 8000-8100 } accept; drop"), 8000, 8100 },
		{ ONE("tcp dport 99 drop; tcp dport != 1-4000 accept; drop"), 4001, 65535 },
		{ ONE("tcp dport 7-9 accept; tcp dport vmap { 10 : accept }; drop"), 7, 10 },
		{ ONE("tcp dport < 300 accept; drop"), 0, 299 },
		{ ONE("tcp dport . tcp sport { 53-60 . 0-65535 } accept; drop"), 53, 60 },
	};
	static struct survey_port ports[65536];
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		load_rules(cases[i].rules);
		for (unsigned k = 0; k < 65536; k++)
			ports[k] = (struct survey_port){ TCP4, (uint16_t)k, .open = k & 1,
							 .unknown = true };
		assert_int_equal(survey_ports(&nft, ports + 1, 65535, &s, NULL), 0);
		for (unsigned k = 1; k < 65536; k++)
			if (ports[k].unknown ||
			    ports[k].open != (cases[i].open_from <= k && k <= cases[i].open_to))
				fail_msg("%s: port %u is %s", cases[i].rules, k,
					 ports[k].open ? "open" : "closed");
	}
	nft_close(&nft);
}

/* All of iptables' ways to name a port, too. */
static void test_many_ports_of_iptables(void **state)
{
	static struct survey_port ports[65536];
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	need_iptables_nft();
	load_rules("");
	assert_int_equal(system("iptables-nft -P INPUT DROP && iptables-nft -A INPUT -p tcp -m tcp "
				"--dport 22 -j ACCEPT && iptables-nft -A INPUT -p tcp -m multiport "
				"--dports 80,8000:8100 -j ACCEPT"),
			 0);
	for (unsigned k = 0; k < 65536; k++)
		ports[k] = (struct survey_port){ TCP4, .port = (uint16_t)k };
	assert_int_equal(survey_ports(&nft, ports + 1, 65535, &s, NULL), 0);
	for (unsigned k = 1; k < 65536; k++)
		assert_true(!ports[k].unknown &&
			    ports[k].open == (k == 22 || k == 80 || (k >= 8000 && k <= 8100)));
	nft_close(&nft);
}

/* A ruleset that names each port on its own cannot be asked about all of them. */
static void test_too_many_ports(void **state)
{
	static struct survey_port ports[2000];
	const size_t n = COUNT(ports);
	struct nft nft = open_nft();
	size_t unknown = 0;
	struct survey s;

	(void)state;
	load_rules(ONE("tcp dport & 1 == 1 drop; drop"));
	for (size_t i = 0; i < n; i++)
		ports[i] = (struct survey_port){ TCP4, .port = (uint16_t)(i + 1) };
	assert_int_equal(survey_ports(&nft, ports, n, &s, NULL), 0);
	for (size_t i = 0; i < n; i++)
		unknown += ports[i].unknown;
	assert_false(ports[0].unknown || ports[0].open);
	assert_true(ports[n - 1].unknown && unknown < n);
	nft_close(&nft);
}

static void is_forward(const struct survey *s, size_t i, uint8_t protocol, uint16_t from,
		       uint16_t to, const char *whereto)
{
	assert_true(i < s->n_forwards);
	assert_int_equal(s->forwards[i].protocol, protocol);
	assert_int_equal(s->forwards[i].from, from);
	assert_int_equal(s->forwards[i].to, to);
	assert_string_equal(s->forwards[i].whereto, whereto);
}

static void test_forwards(void **state)
{
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	load_rules(
		"table ip n { chain out { type nat hook output priority -100; tcp dport 9 dnat to "
		"192.0.2.9; }\n chain d { iifname != docker0 tcp dport 8080 dnat to "
		"172.17.0.2:80; }\n chain p { type nat hook prerouting priority -100; fib daddr "
		"type local jump d; udp dport 53-54 dnat to 10.0.0.3; tcp dport { 80 } redirect "
		"to :8888; tcp dport { 443, 444 } dnat to 10.0.0.4:8443; dnat to 10.0.0.5; }\n }\n"
		"table ip6 n { chain p { type nat hook prerouting priority -100; tcp dport 22 dnat "
		"to [2001:db8::2]:2222; } }\n"
		"table ip asleep { flags dormant; chain p { type nat hook prerouting priority "
		"-100; tcp dport 1 dnat to 10.0.0.6; } }");
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_int_equal(s.all_forwards, 7);
	is_forward(&s, 0, IPPROTO_TCP, 8080, 8080, "172.17.0.2 port 80");
	is_forward(&s, 1, IPPROTO_UDP, 53, 54, "10.0.0.3");
	is_forward(&s, 2, IPPROTO_TCP, 80, 80, "port 8888");
	is_forward(&s, 5, 0, 0, 65535, "10.0.0.5");
	is_forward(&s, 6, IPPROTO_TCP, 22, 22, "2001:db8::2 port 2222");
	nft_close(&nft);
}

/* As docker lays them. */
static void test_forwards_of_iptables(void **state)
{
	struct survey_port ports[] = { { NFPROTO_IPV6, IPPROTO_UDP, .port = 5353 },
				       { NFPROTO_IPV6, IPPROTO_UDP, .port = 53 } };
	struct nft nft = open_nft();
	struct survey s;

	(void)state;
	load_rules("");
	assert_int_equal(
		system("iptables-nft -t nat -N DOCKER && iptables-nft -t nat -A PREROUTING "
		       "-m addrtype --dst-type LOCAL -j DOCKER && iptables-nft -t nat -A "
		       "DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT "
		       "--to-destination 172.17.0.2:80 && ip6tables-nft -t nat -A PREROUTING "
		       "-p udp --dport 53 -j REDIRECT --to-ports 5353"),
		0);
	assert_int_equal(survey_inbound(&nft, &s, NULL), 0);
	assert_int_equal(s.n_forwards, 2);
	is_forward(&s, 0, IPPROTO_TCP, 8080, 8080, "172.17.0.2 port 80");
	is_forward(&s, 1, IPPROTO_UDP, 53, 53, "port 5353");
	assert_int_equal(system("ip6tables-nft -P INPUT DROP && ip6tables-nft -A INPUT "
				"-m conntrack --ctstate DNAT -j ACCEPT"),
			 0);
	assert_int_equal(survey_ports(&nft, ports, COUNT(ports), &s, NULL), 0);
	assert_true(s.closed6 && ports[0].open && !ports[1].open);
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_many_ports),
		cmocka_unit_test(test_many_ports_of_iptables),
		cmocka_unit_test(test_too_many_ports),
		cmocka_unit_test(test_forwards),
		cmocka_unit_test(test_forwards_of_iptables),
	};

	return cmocka_run_group_tests_name("ports", tests, enter_netns, NULL);
}
