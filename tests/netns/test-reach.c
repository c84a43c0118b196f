// SPDX-License-Identifier: GPL-2.0-or-later
/* What the survey says of a port, and whether a stranger's real datagram comes to a socket there.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/count.h"
#include "tests/netns/common.h"
#include "tests/unit/chains.h"
#include "tests/unit/iptables.h"

#define PORT	5000
#define WAIT_MS 60

/* Ways to send it. */
enum way {
	PLAIN,
	LENGTHLESS, /* IPv6: the length in UDP's header is 0, as of a jumbogram (RFC 2675) */
	TO_ALL,	    /* in a frame for everybody on the link */
	BROADCAST,
	ALL_HOSTS, /* a group that every host is in */
	MDNS,	   /* and one that this host has joined */
};

static const struct row {
	const char *rules;
	enum way way;
	bool arrives[2]; /* by IPv4, by IPv6 */
	bool open[2];	 /* what is to be said of the port */
	bool closed[2];	 /* and of all of them */
} rows[] = {
/* clang-format off */
#define NEITHER { false, false }
#define BOTH	{ true, true }
#define ONLY4	{ true, false }
#define ONLY6	{ false, true }
	/* clang-format on */
	{ ONE("drop"), PLAIN, NEITHER, NEITHER, BOTH },
	{ ONE("udp dport 5000 accept; drop"), PLAIN, BOTH, BOTH, BOTH },
	{ ONE(""), PLAIN, BOTH, BOTH, NEITHER },
	/* Conntrack takes a datagram without a length for invalid, and IPv6 delivers it. */
	{ ONE("ct state new drop"), PLAIN, NEITHER, ONLY6, ONLY4 },
	{ ONE("ct state new drop"), LENGTHLESS, ONLY6, ONLY6, ONLY4 },
	{ ONE("ct state invalid accept; drop"), LENGTHLESS, ONLY6, ONLY6, ONLY4 },
	{ ONE("ct state != new accept; drop"), LENGTHLESS, ONLY6, ONLY6, ONLY4 },
	{ ONE("ct state != { new, established } accept; drop"), LENGTHLESS, ONLY6, ONLY6, ONLY4 },
	{ ONE("udp dport 5000 ct state new drop; udp dport 5000 accept; drop"), LENGTHLESS, ONLY6,
	  ONLY6, BOTH },
	{ ONE("ct state new,invalid drop"), LENGTHLESS, NEITHER, NEITHER, BOTH },
	{ ONE("ct state invalid drop; ct state new drop"), LENGTHLESS, NEITHER, NEITHER, BOTH },
	{ ONE("ct state established,related accept; drop"), LENGTHLESS, NEITHER, NEITHER, BOTH },
	{ ONE("ct state vmap { established : accept, invalid : drop }; udp dport 5000 accept; "
	      "drop"),
	  LENGTHLESS, ONLY4, BOTH, BOTH },
	{ ONE("ct direction original drop"), LENGTHLESS, ONLY6, ONLY6, ONLY4 },
	/* A frame for all may carry what is for this host alone. */
	{ ONE("drop"), TO_ALL, NEITHER, NEITHER, BOTH },
	{ ONE("meta pkttype { broadcast, multicast } accept; drop"), TO_ALL, BOTH, BOTH, NEITHER },
	{ ONE("meta pkttype != host udp dport 5000 accept; drop"), TO_ALL, BOTH, BOTH, BOTH },
	{ ONE("meta pkttype != host udp dport 5001 accept; drop"), TO_ALL, NEITHER, NEITHER, BOTH },
	{ ONE("meta pkttype host drop"), TO_ALL, BOTH, BOTH, NEITHER },
	{ ONE("meta pkttype != host tcp dport 0-65535 accept; drop"), TO_ALL, NEITHER, NEITHER,
	  BOTH },
	/* Groups lead to all who wait on any address. */
	{ ONE("drop"), ALL_HOSTS, NEITHER, NEITHER, BOTH },
	{ ONE("ip daddr 224.0.0.0/4 accept; ip6 daddr ff00::/8 accept; drop"), ALL_HOSTS, BOTH,
	  BOTH, BOTH },
	{ ONE("ip daddr { 224.0.0.0-239.255.255.255 } accept; drop"), ALL_HOSTS, ONLY4, ONLY4,
	  BOTH },
	{ ONE("ip daddr 224.0.0.0/4 udp dport 5000 accept; drop"), ALL_HOSTS, ONLY4, ONLY4, BOTH },
	{ ONE("ip daddr 224.0.0.0/4 udp dport 5001 accept; drop"), ALL_HOSTS, NEITHER, NEITHER,
	  BOTH },
	{ ONE("fib daddr type multicast accept; drop"), ALL_HOSTS, BOTH, BOTH, BOTH },
	{ ONE("fib daddr type { local, anycast } accept; drop"), ALL_HOSTS, NEITHER, BOTH,
	  NEITHER },
	{ ONE("fib daddr type != local drop; udp dport 5000 accept; drop"), ALL_HOSTS, NEITHER,
	  BOTH, BOTH },
	{ ONE("fib daddr type != local drop; ip daddr 224.0.0.0/4 accept; drop"), ALL_HOSTS,
	  NEITHER, NEITHER, BOTH },
	{ ONE("ip daddr 224.0.0.1 accept; ip6 daddr ff02::1 accept; drop"), ALL_HOSTS, BOTH, BOTH,
	  BOTH },
	{ ONE("ip daddr 255.255.255.255 accept; drop"), BROADCAST, ONLY4, ONLY4, BOTH },
	{ ONE("ip daddr 255.255.255.255 udp dport 5000 accept; drop"), BROADCAST, ONLY4, ONLY4,
	  BOTH },
	{ ONE("fib daddr type broadcast accept; drop"), BROADCAST, ONLY4, ONLY4, BOTH },
	/* One group at one port is named: by the stock rules of ufw and firewalld, for who asks. */
	{ ONE("ip daddr 224.0.0.251 udp dport 5000 accept; ip6 daddr ff02::fb udp dport 5000 "
	      "accept; drop"),
	  MDNS, BOTH, NEITHER, BOTH },
	{ ONE("ip daddr { 224.0.0.251, 239.255.255.250 } udp dport { 5000, 5353 } accept; drop"),
	  MDNS, ONLY4, NEITHER, BOTH },
	{ "table inet t { chain not-local { fib daddr type { local, multicast, broadcast } "
	  "return; drop; }\n chain c { " INPUT(
		  "drop") " jump not-local; ip daddr 224.0.0.251 udp "
			  "dport 5000 accept; udp dport 5001 accept; } }",
	  MDNS, ONLY4, NEITHER, BOTH },
	{ ONE("ip daddr . udp dport { 224.0.0.251 . 5000 } accept; drop"), MDNS, ONLY4, NEITHER,
	  BOTH },
	{ ONE("ip daddr 224.0.0.251 accept; drop"), MDNS, ONLY4, ONLY4, BOTH },
	{ ONE("ip daddr 224.0.0.251 udp dport 1024-65535 accept; drop"), MDNS, ONLY4, ONLY4, BOTH },
/* What a rule sends on to another of this host's addresses comes past the rules for what comes. */
#define DNAT(family, rule)                                                             \
	"table " family " n { chain p { type nat hook prerouting priority -100; " rule \
	"\n }\n }\n" ONE("ct status dnat accept; drop")
	{ DNAT("ip", "dnat to 192.0.2.2"), PLAIN, ONLY4, ONLY4, ONLY6 },
	{ DNAT("ip", "ip daddr 192.0.2.1 dnat to 192.0.2.2"), PLAIN, ONLY4, ONLY4, ONLY6 },
	{ DNAT("ip6", "ip6 daddr 2001:db8::1 dnat to 2001:db8::2"), PLAIN, ONLY6, ONLY6, ONLY4 },
	{ DNAT("inet", "dnat ip to 192.0.2.2"), PLAIN, ONLY4, ONLY4, ONLY6 },
	{ DNAT("ip", "udp dport 5000 dnat to 192.0.2.2"), PLAIN, ONLY4, ONLY4, BOTH },
	{ DNAT("ip", "udp dport 5001 dnat to 192.0.2.2"), PLAIN, NEITHER, NEITHER, BOTH },
	{ DNAT("ip", "dnat to udp dport map { 5000 : 192.0.2.2 }"), PLAIN, ONLY4, ONLY4, BOTH },
	{ DNAT("ip", "dnat to udp dport map { 5000 : 10.0.0.2 }"), PLAIN, NEITHER, NEITHER, BOTH },
	{ DNAT("ip", "dnat to 10.0.0.2"), PLAIN, NEITHER, NEITHER, BOTH },
	{ DNAT("ip", "meta l4proto udp dnat to 192.0.2.2:1-65535"), PLAIN, ONLY4, ONLY4, ONLY6 },
	{ DNAT("ip", "dnat to 127.0.0.1"), PLAIN, ONLY4, ONLY4, ONLY6 },
	{ DNAT("ip6", "dnat to ::1"), PLAIN, NEITHER, NEITHER, BOTH },
	{ DNAT("ip", "dnat to 224.0.0.1"), PLAIN, ONLY4, ONLY4, ONLY6 },
	{ DNAT("ip6", "dnat to ff02::1"), PLAIN, ONLY6, ONLY6, ONLY4 },
	{ DNAT("ip", "dnat to 255.255.255.255"), PLAIN, ONLY4, ONLY4, ONLY6 },
};

/* Rules of iptables-legacy, of IPv4 and of IPv6 (NULL: the same), and those of nft beside them. */
static const struct {
	const char *rules[2];
	struct row row;
} legacy[] = {
	{ { CLOSING }, { "", PLAIN, NEITHER, NEITHER, BOTH } },
	{ { CLOSING "-A INPUT -p udp --dport 5000 -j ACCEPT" }, { "", PLAIN, BOTH, BOTH, BOTH } },
	{ { "-A INPUT -j ACCEPT" }, { ONE("drop"), PLAIN, NEITHER, NEITHER, BOTH } },
	{ { CLOSING }, { ONE("accept"), PLAIN, NEITHER, NEITHER, BOTH } },
	{ { "-A INPUT -m conntrack --ctstate NEW -j DROP" },
	  { "", LENGTHLESS, ONLY6, ONLY6, ONLY4 } },
	{ { CLOSING "-A INPUT ! -i + -j ACCEPT" }, { "", PLAIN, NEITHER, NEITHER, BOTH } },
	/* What comes in goes out by no link, which has another name. */
	{ { CLOSING ":own -; -A INPUT -j own; -A own ! -o up0 -j ACCEPT" },
	  { "", PLAIN, BOTH, BOTH, NEITHER } },
	{ { CLOSING ":own -; -A INPUT -j own; -A own -p udp -j RETURN; -A own -j ACCEPT" },
	  { "", PLAIN, NEITHER, NEITHER, NEITHER } },
	{ { CLOSING ":own -; -A INPUT -g own; -A INPUT -j ACCEPT; -A own -p tcp -j DROP" },
	  { "", PLAIN, NEITHER, NEITHER, BOTH } },
	{ { "-A INPUT -p udp -j RETURN; -A INPUT -j DROP" }, { "", PLAIN, BOTH, BOTH, NEITHER } },
	{ { CLOSING "-A INPUT -s 192.0.2.9 -j ACCEPT",
	    CLOSING "-A INPUT -s 2001:db8::9 -j ACCEPT" },
	  { "", PLAIN, BOTH, NEITHER, BOTH } },
	{ { CLOSING "-A INPUT ! -s 192.0.2.9 -j ACCEPT",
	    CLOSING "-A INPUT ! -s 2001:db8::9 -j ACCEPT" },
	  { "", PLAIN, NEITHER, BOTH, NEITHER } },
	{ { "*mangle; :INPUT DROP; *filter; -A INPUT -j ACCEPT" },
	  { "", PLAIN, NEITHER, NEITHER, BOTH } },
	{ { "*security; -A INPUT -p udp -j DROP" }, { "", PLAIN, NEITHER, NEITHER, NEITHER } },
	{ { "*raw; -A PREROUTING -j CT --notrack; *filter; -A INPUT -m conntrack --ctstate "
	    "NEW,INVALID -j DROP" },
	  { "", PLAIN, BOTH, BOTH, NEITHER } },
	{ { "*mangle; -A PREROUTING -j MARK --set-mark 7" },
	  { ONE("meta mark 7 accept; drop"), PLAIN, BOTH, BOTH, NEITHER } },
#define LEGACY_DNAT(to) "*nat; -A PREROUTING -p udp --dport 5000 -j DNAT --to-destination " to "; "
#define BY_DNAT		"*filter; " CLOSING "-A INPUT -m conntrack --ctstate DNAT -j ACCEPT"
	{ { LEGACY_DNAT("192.0.2.2") BY_DNAT, LEGACY_DNAT("2001:db8::2") BY_DNAT },
	  { "", PLAIN, BOTH, BOTH, BOTH } },
	{ { LEGACY_DNAT("192.0.2.2"), LEGACY_DNAT("2001:db8::2") },
	  { ONE("ct status dnat accept; drop"), PLAIN, BOTH, BOTH, BOTH } },
	{ { LEGACY_DNAT("10.0.0.2"), LEGACY_DNAT("2001:db8:1::2") },
	  { ONE("ct status dnat accept; drop"), PLAIN, NEITHER, NEITHER, BOTH } },
};

/* Where it is sent to: an address, and that of the frame, of which 0 stands for the host's own. */
static const struct target {
	const char *addr[2];
	uint8_t frame[2][ETHER_ADDR_LEN];
} targets[] = {
#define OWN "192.0.2.1", "2001:db8::1"
#define EACH                                       \
	{                                          \
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff \
	}
	[PLAIN] = { { OWN }, { { 0 } } },
	[LENGTHLESS] = { { OWN }, { { 0 } } },
	[TO_ALL] = { { OWN }, { EACH, EACH } },
	[BROADCAST] = { { "255.255.255.255", "ff02::1" }, { EACH, { 0x33, 0x33, 0, 0, 0, 1 } } },
	[ALL_HOSTS] = { { "224.0.0.1", "ff02::1" },
			{ { 1, 0, 0x5e, 0, 0, 1 }, { 0x33, 0x33, 0, 0, 0, 1 } } },
	[MDNS] = { { "224.0.0.251", "ff02::fb" },
		   { { 1, 0, 0x5e, 0, 0, 0xfb }, { 0x33, 0x33, 0, 0, 0, 0xfb } } },
};

static uint32_t sum(const void *data, size_t len, uint32_t all)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < len; i++)
		all += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return all;
}

static uint16_t fold(uint32_t all)
{
	while (all >> 16)
		all = (all & 0xffff) + (all >> 16);
	return htons((uint16_t)~all);
}

struct datagram {
	struct udphdr head;
	char text[4];
};

static void fill_udp(struct datagram *d, uint32_t addresses, bool lengthless)
{
	static uint16_t source = 7777;
	const uint32_t pseudo = addresses + IPPROTO_UDP + sizeof(*d);

	*d = (struct datagram){ .text = "hi" };
	/* Each is the first of a connection: only that one is sent elsewhere. */
	d->head.source = htons(source++);
	d->head.dest = htons(PORT);
	d->head.len = htons(lengthless ? 0 : sizeof(*d));
	d->head.check = fold(sum(d, sizeof(*d), pseudo));
}

static size_t fill4(uint8_t *at, const char *to, struct datagram *d)
{
	struct iphdr ip = { .ihl = 5, .version = 4, .ttl = 64, .protocol = IPPROTO_UDP };

	ip.tot_len = htons(sizeof(ip) + sizeof(*d));
	inet_pton(AF_INET, "192.0.2.9", &ip.saddr);
	inet_pton(AF_INET, to, &ip.daddr);
	ip.check = fold(sum(&ip, sizeof(ip), 0));
	fill_udp(d, sum(&ip.saddr, 8, 0), false);
	memcpy(at, &ip, sizeof(ip));
	return sizeof(ip);
}

static size_t fill6(uint8_t *at, const char *to, bool lengthless, struct datagram *d)
{
	struct ip6_hdr ip = { .ip6_flow = htonl(6u << 28), .ip6_nxt = IPPROTO_UDP, .ip6_hlim = 64 };

	ip.ip6_plen = htons(sizeof(*d));
	inet_pton(AF_INET6, "2001:db8::9", &ip.ip6_src);
	inet_pton(AF_INET6, to, &ip.ip6_dst);
	fill_udp(d, sum(&ip.ip6_src, 32, 0), lengthless);
	memcpy(at, &ip, sizeof(ip));
	return sizeof(ip);
}

/* Out of the far end of the pair, so that the host gets it as from the network. */
static void send_it(enum way way, int v)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex("far0") };
	struct ether_header ether = { .ether_type = htons(v ? ETHERTYPE_IPV6 : ETHERTYPE_IP) };
	const struct target *t = &targets[way];
	uint8_t frame[128];
	struct datagram d;
	size_t len = sizeof(ether);
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(ether.ether_dhost, t->frame[v], ETHER_ADDR_LEN);
	if (!t->frame[v][0])
		memcpy(ether.ether_dhost, "\2\0\0\0\0\1", ETHER_ADDR_LEN);
	memcpy(ether.ether_shost, "\2\0\0\0\0\2", ETHER_ADDR_LEN);
	memcpy(frame, &ether, sizeof(ether));
	len += v ? fill6(frame + len, t->addr[v], way == LENGTHLESS, &d)
		 : fill4(frame + len, t->addr[v], &d);
	memcpy(frame + len, &d, sizeof(d));
	len += sizeof(d);
	assert_int_equal(sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
	close(fd);
}

static int wait_at(const char *addr)
{
	union address a;
	const socklen_t len = make_address(addr, PORT, &a);
	const int on = 1;
	int fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	if (a.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	assert_int_equal(bind(fd, &a.any, len), 0);
	return fd;
}

/* As a service beside ours does: the group is the host's. */
static int join(int v)
{
	const int index = (int)if_nametoindex("up0");
	int fd = socket(v ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ip_mreqn m4 = { .imr_ifindex = index };
	struct ipv6_mreq m6 = { .ipv6mr_interface = (unsigned)index };

	inet_pton(AF_INET, targets[MDNS].addr[0], &m4.imr_multiaddr);
	inet_pton(AF_INET6, targets[MDNS].addr[1], &m6.ipv6mr_multiaddr);
	assert_int_equal(v ? setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m6, sizeof(m6))
			   : setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m4, sizeof(m4)),
			 0);
	return fd;
}

static bool arrives(int fd, enum way way, int v)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char text[16];
	bool there;

	send_it(way, v);
	there = poll(&p, 1, WAIT_MS) == 1;
	while (recv(fd, text, sizeof(text), 0) > 0)
		;
	return there;
}

static int waiting[2];

static int enter(void **state)
{
	if (enter_netns(state) < 0)
		return -1;
	namespaces[BY_LEGACY] = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	sh("ip link set lo up; ip link add up0 address 02:00:00:00:00:01 type veth peer name far0 "
	   "address 02:00:00:00:00:02 && sysctl -qw net.ipv6.conf.far0.disable_ipv6=1 && "
	   "for n in 1 2; do ip addr add 192.0.2.$n/24 brd + dev up0 && "
	   "ip addr add 2001:db8::$n/64 dev up0 nodad || exit; done && "
	   "sysctl -qw net.ipv4.conf.up0.route_localnet=1 && "
	   "ip link set far0 up && ip link set up0 up");
	for (int v = 0; v < 2; v++) {
		waiting[v] = wait_at(v ? "::" : "0.0.0.0");
		join(v);
	}
	return 0;
}

static void check(struct nft *nft, const struct row *r, const char *beside)
{
	struct survey_port ports[] = { { NFPROTO_IPV4, IPPROTO_UDP, .port = PORT },
				       { NFPROTO_IPV6, IPPROTO_UDP, .port = PORT } };
	struct survey s;

	load_rules(r->rules);
	assert_int_equal(survey_ports(nft, ports, COUNT(ports), &s, NULL), 0);
	for (int v = 0; v < 2; v++) {
		const bool came = arrives(waiting[v], r->way, v);
		const bool closed = v ? s.closed6 : s.closed4;

		if (came != r->arrives[v] || ports[v].open != r->open[v] || closed != r->closed[v])
			fail_msg("%s%s, way %d, IPv%d: arrives %d, open %d, closed %d", beside,
				 r->rules, r->way, v ? 6 : 4, came, ports[v].open, closed);
	}
}

static void test_reach(void **state)
{
	struct nft nft = open_nft();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check(&nft, &rows[i], "");
	nft_close(&nft);
}

static void test_legacy(void **state)
{
	struct nft nft = open_nft();

	(void)state;
	need_iptables_legacy();
	for (size_t i = 0; i < COUNT(legacy); i++) {
		const char *rules4 = legacy[i].rules[0];
		const char *rules6 = legacy[i].rules[1] ? legacy[i].rules[1] : rules4;
		struct xtables x = { 0 };

		read_legacy(4, lay(BY_LEGACY, 4, rules4), &x);
		read_legacy(6, lay(BY_LEGACY, 6, rules6), &x);
		nft.beside = &x;
		check(&nft, &legacy[i].row, rules4);
		xtables_free(&x);
	}
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reach),
		cmocka_unit_test(test_legacy),
	};

	return cmocka_run_group_tests_name("reach", tests, enter, NULL);
}
