// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wire ADDRESS:PORT... - reads what passes the links of this network namespace, and prints each
 * frame that is neither needed to be on a network (ARP, DHCP, neighbour discovery, group
 * membership) nor TCP or UDP to one of the IPv4 destinations: milliseconds since 1970, the
 * hardware address of who sent it, and what it is.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define MLD2_REPORT 143 /* RFC 3810 section 5.2 */
#define DHCP_SERVER 67

struct destination {
	struct in_addr addr;
	unsigned port;
};

struct packet {
	int family;
	const uint8_t *from, *to;
	unsigned protocol, port; /* an ICMPv6 message's type is its port */
};

static bool read_ip4(const uint8_t *at, size_t len, struct packet *ret)
{
	const size_t head = len ? (size_t)(*at & 15) * 4 : 0;

	if (len < sizeof(struct iphdr) || len < head + 4)
		return false;
	*ret = (struct packet){ AF_INET, at + 12, at + 16, at[9],
				(unsigned)(at[head + 2] << 8 | at[head + 3]) };
	return true;
}

/* The one option that hosts put before multicast listener reports is stepped over. */
static bool read_ip6(const uint8_t *at, size_t len, struct packet *ret)
{
	size_t head = sizeof(struct ip6_hdr);
	uint8_t protocol;

	if (len < head + 4)
		return false;
	protocol = at[6];
	if (protocol == IPPROTO_HOPOPTS) {
		protocol = at[head];
		head += 8;
	}
	if (len < head + 4)
		return false;
	*ret = (struct packet){ AF_INET6, at + 8, at + 24, protocol,
				protocol == IPPROTO_ICMPV6
					? at[head]
					: (unsigned)(at[head + 2] << 8 | at[head + 3]) };
	return true;
}

static bool is_needed(const struct packet *p, const struct destination *to, int n)
{
	if (p->family == AF_INET6)
		return p->protocol == IPPROTO_ICMPV6 &&
		       ((p->port >= ND_ROUTER_SOLICIT && p->port <= ND_NEIGHBOR_ADVERT) ||
			p->port == MLD2_REPORT);
	if (p->protocol == IPPROTO_IGMP || (p->protocol == IPPROTO_UDP && p->port == DHCP_SERVER))
		return true;
	for (int i = 0; i < n; i++) {
		if (p->port == to[i].port && !memcmp(p->to, &to[i].addr, 4))
			return p->protocol == IPPROTO_TCP || p->protocol == IPPROTO_UDP;
	}
	return false;
}

static void tell(const uint8_t *frame, const struct packet *p)
{
	char from[INET6_ADDRSTRLEN] = "?", to[INET6_ADDRSTRLEN] = "?";
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	if (p->family) {
		inet_ntop(p->family, p->from, from, sizeof(from));
		inet_ntop(p->family, p->to, to, sizeof(to));
	}
	printf("%lld %02x:%02x:%02x:%02x:%02x:%02x %s to %s protocol %u port %u\n",
	       (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000, frame[6], frame[7], frame[8],
	       frame[9], frame[10], frame[11], from, to, p->protocol, p->port);
}

static void look(const uint8_t *frame, size_t len, const struct destination *to, int n)
{
	const unsigned type = (unsigned)(frame[12] << 8 | frame[13]);
	struct packet p = { 0 };
	bool known = false;

	if (type == ETH_P_ARP)
		return;
	if (type == ETH_P_IP)
		known = read_ip4(frame + ETH_HLEN, len - ETH_HLEN, &p);
	if (type == ETH_P_IPV6)
		known = read_ip6(frame + ETH_HLEN, len - ETH_HLEN, &p);
	if (!known || !is_needed(&p, to, n))
		tell(frame, &p);
}

static bool read_destination(char *text, struct destination *ret)
{
	char *colon = strchr(text, ':');

	if (!colon)
		return false;
	*colon = '\0';
	ret->port = (unsigned)strtoul(colon + 1, NULL, 10);
	return inet_pton(AF_INET, text, &ret->addr) == 1;
}

int main(int argc, char **argv)
{
	struct destination to[8];
	const int n = argc - 1, fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	struct sockaddr_ll from;
	uint8_t frame[2048];

	for (int i = 0; i < n; i++) {
		if (i == 8 || !read_destination(argv[i + 1], &to[i]))
			return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	for (;;) {
		socklen_t room = sizeof(from);
		ssize_t len = recvfrom(fd, frame, sizeof(frame), 0, (struct sockaddr *)&from,
				       &room);

		if (len < 0)
			return 1;
		if (len >= ETH_HLEN && from.sll_pkttype != PACKET_OUTGOING)
			look(frame, (size_t)len, to, n);
	}
}
