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
#include "netfilter/survey.h"
#include "tests/netns/common.h"
#include "tests/unit/chains.h"
#include "tests/unit/netns.h"

#define PORT	5000
#define WAIT_MS 60

/* Ways to send it. */
enum way {
	PLAIN,
	LENGTHLESS, /* IPv6: the length in UDP's header is 0, as of a jumbogram (RFC 2675) */
};

static const struct row {
	const char *rules;
	enum way way;
	bool arrives[2]; /* by IPv4, by IPv6 */
	bool open[2];	 /* what is to be said of the port */
	bool closed[2];	 /* and of all of them */
} rows[] = {
#define NEITHER              \
	{                    \
		false, false \
	}
#define BOTH               \
	{                  \
		true, true \
	}
#define ONLY4               \
	{                   \
		true, false \
	}
#define ONLY6               \
	{                   \
		false, true \
	}
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
};

/* Where it is sent to: an address, and that of the frame, of which 0 stands for the host's own. */
static const struct target {
	const char *addr[2];
	uint8_t frame[2][ETHER_ADDR_LEN];
} targets[] = {
#define OWN "192.0.2.1", "2001:db8::1"
	[PLAIN] = { { OWN }, { { 0 } } },
	[LENGTHLESS] = { { OWN }, { { 0 } } },
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
	const uint32_t pseudo = addresses + IPPROTO_UDP + sizeof(*d);

	*d = (struct datagram){ .text = "hi" };
	d->head.source = htons(7777);
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

static void test_reach(void **state)
{
	struct nft nft = open_nft();
	int waiting[2];

	(void)state;
	sh("ip link set lo up; ip link add up0 address 02:00:00:00:00:01 type veth peer name far0 "
	   "address 02:00:00:00:00:02 && sysctl -qw net.ipv6.conf.far0.disable_ipv6=1 && "
	   "ip addr add 192.0.2.1/24 dev up0 && ip addr add 2001:db8::1/64 dev up0 nodad && "
	   "ip link set far0 up && ip link set up0 up");
	for (int v = 0; v < 2; v++)
		waiting[v] = wait_at(v ? "::" : "0.0.0.0");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct survey_port ports[] = { { NFPROTO_IPV4, IPPROTO_UDP, .port = PORT },
					       { NFPROTO_IPV6, IPPROTO_UDP, .port = PORT } };
		struct survey s;

		load_rules(r->rules);
		assert_int_equal(survey_ports(&nft, ports, COUNT(ports), &s, NULL), 0);
		for (int v = 0; v < 2; v++) {
			const bool came = arrives(waiting[v], r->way, v);
			const bool closed = v ? s.closed6 : s.closed4;

			if (came != r->arrives[v] || ports[v].open != r->open[v] ||
			    closed != r->closed[v])
				fail_msg("%s, way %d, IPv%d: arrives %d, open %d, closed %d",
					 r->rules, r->way, v ? 6 : 4, came, ports[v].open, closed);
		}
	}
	for (int v = 0; v < 2; v++)
		close(waiting[v]);
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reach),
	};

	return cmocka_run_group_tests_name("reach", tests, enter_netns, NULL);
}
