// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "tests/leak/send.h"
#include "tests/leak/shoot-ways.h"
#include "tests/leak/xdp.h"

#define ANSWER_MS 300

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t make_address(const struct options *o, const uint8_t *addr, uint16_t port,
			      union address *ret)
{
	*ret = (union address){ 0 };
	if (!o->shot.v6 && !o->mapped) {
		ret->v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		memcpy(&ret->v4.sin_addr, addr, 4);
		return sizeof(ret->v4);
	}
	ret->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	if (o->mapped) {
		memset(ret->v6.sin6_addr.s6_addr + 10, 0xff, 2);
		memcpy(ret->v6.sin6_addr.s6_addr + 12, addr, 4);
	} else {
		memcpy(&ret->v6.sin6_addr, addr, 16);
		if (addr[0] == 0xff || addr[0] == 0xfe)
			ret->v6.sin6_scope_id = if_nametoindex(o->dev);
	}
	return sizeof(ret->v6);
}

static void set(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof(value));
}

static bool is_stream(const struct shot *s)
{
	return s->proto == IPPROTO_TCP || s->proto == IPPROTO_SCTP;
}

static int open_socket(const struct options *o)
{
	const struct shot *s = &o->shot;
	bool by_default = s->proto == IPPROTO_UDP || s->proto == IPPROTO_TCP;
	int fd = socket(s->v6 || o->mapped ? AF_INET6 : AF_INET,
			is_stream(s) ? SOCK_STREAM : SOCK_DGRAM,
			o->mptcp     ? IPPROTO_MPTCP
			: by_default ? 0
				     : s->proto);
	union address own;
	socklen_t len = make_address(o, s->from, s->sport, &own);

	if (fd < 0)
		return -1;
	set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	set(fd, SOL_SOCKET, SO_BROADCAST, 1);
	/* Closed at once, so that the same ports may be tried again. */
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 },
		   sizeof(struct linger));
	if (o->spoofed) {
		set(fd, IPPROTO_IP, IP_TRANSPARENT, 1);
		set(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, 1);
	}
	if (o->mark)
		set(fd, SOL_SOCKET, SO_MARK, o->mark);
	if (o->named)
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, o->dev, (socklen_t)strlen(o->dev) + 1);
	set(fd, IPPROTO_IP, IP_MULTICAST_TTL, 8);
	if (!o->spoofed)
		len = make_address(o, (const uint8_t[16]){ 0 }, s->sport, &own);
	/* A port that is taken would be another way than the one that is tried. */
	if ((s->sport || o->spoofed) && bind(fd, &own.any, len) < 0)
		perror("shoot: bind");
	return fd;
}

static void ready(int fd, short what)
{
	struct pollfd p = { .fd = fd, .events = what };

	poll(&p, 1, ANSWER_MS);
}

/* Refused is fine, that is for the far side to see; but without a way nothing was tried. */
static int tried(ssize_t sent)
{
	if (sent >= 0 || (errno != ENETUNREACH && errno != ENODEV && errno != ENXIO &&
			  errno != ENETDOWN && errno != EADDRNOTAVAIL))
		return 0;
	perror("shoot");
	return -1;
}

/* A name for the data alone: what a socket puts its own headers before. */
static size_t data_of(const struct shot *s, const uint8_t **ret, uint8_t *room)
{
	struct shot bare = *s;
	size_t n, head;

	if (s->proto == IPPROTO_ICMP || s->proto == IPPROTO_ICMPV6) {
		head = s->v6 ? 40 : 20;
		n = packet_ip(s, room);
	} else {
		bare.v6 = false;
		bare.odd = NULL;
		bare.proto = 253;
		head = 20;
		n = packet_ip(&bare, room);
	}
	*ret = room + head;
	return n < head ? 0 : n - head;
}

static void set_odd(int fd, const struct shot *s)
{
	uint8_t packet[PACKET_MAX];
	struct shot bare = *s;

	if (s->odd && !s->v6 && packet_ip(&bare, packet))
		setsockopt(fd, IPPROTO_IP, IP_OPTIONS, packet + 20, (packet[0] & 15) * 4 - 20);
}

static int by_socket(const struct options *o)
{
	const struct shot *s = &o->shot;
	_close_ int fd = open_socket(o);
	union address to;
	socklen_t len = make_address(o, s->to, s->dport, &to);
	uint8_t room[PACKET_MAX];
	const uint8_t *data;
	size_t n = data_of(s, &data, room);
	int r;

	if (fd < 0 || !n)
		return fd < 0 && errno == EPROTONOSUPPORT ? -WAY_ABSENT : -1;
	set_odd(fd, s);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (!is_stream(s) || *o->how) {
		r = tried(send_by(o->how, fd, data, n, &to.any, len));
	} else if ((r = tried(connect(fd, &to.any, len))) == 0 && o->wait) {
		ready(fd, POLLOUT);
		send(fd, data, n, MSG_NOSIGNAL);
	}
	if (o->wait)
		ready(fd, POLLIN);
	return r;
}

/* Connects once, then sends what it reads, a line a send; a dot ends it, and what it still has. */
static int by_flow(const struct options *o)
{
	_close_ int fd = open_socket(o);
	union address to;
	socklen_t len = make_address(o, o->shot.to, o->shot.dport, &to);
	char line[64];

	if (fd < 0 || connect(fd, &to.any, len) < 0)
		return -1;
	set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	while (fgets(line, sizeof(line), stdin)) {
		if (*line == '.')
			return 0;
		send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	ready(fd, POLLIN);
	return 0;
}

static int by_raw(const struct options *o)
{
	uint8_t packet[PACKET_MAX];
	size_t n = packet_ip(&o->shot, packet);
	_close_ int fd = socket(o->shot.v6 ? AF_INET6 : AF_INET, SOCK_RAW, IPPROTO_RAW);
	union address to;
	socklen_t len = make_address(o, o->shot.to, 0, &to);

	if (fd < 0 || !n)
		return -1;
	if (o->named)
		setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, o->dev, (socklen_t)strlen(o->dev) + 1);
	if (o->mark)
		set(fd, SOL_SOCKET, SO_MARK, o->mark);
	set(fd, SOL_SOCKET, SO_BROADCAST, 1);
	return tried(sendto(fd, packet, n, 0, &to.any, len));
}

static int send_packet(const struct options *o, int type, bool bypass)
{
	uint8_t frame[PACKET_MAX];
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)if_nametoindex(o->dev),
				  .sll_protocol = htons(o->shot.ether),
				  .sll_halen = 6 };
	size_t n = type == SOCK_RAW ? packet_frame(&o->shot, frame) : packet_ip(&o->shot, frame);
	_close_ int fd = socket(AF_PACKET, type, 0);

	if (fd < 0 || !n || !to.sll_ifindex)
		return -1;
	memcpy(to.sll_addr, o->shot.dmac, 6);
	if (bypass)
		set(fd, SOL_PACKET, PACKET_QDISC_BYPASS, 1);
	return tried(sendto(fd, frame, n, 0, (struct sockaddr *)&to, sizeof(to)));
}

static int by_frame(const struct options *o)
{
	return send_packet(o, SOCK_RAW, false);
}

static int by_bypass(const struct options *o)
{
	return send_packet(o, SOCK_RAW, true);
}

static int by_cooked(const struct options *o)
{
	return send_packet(o, SOCK_DGRAM, false);
}

#define TAP_SHOTS 5

/* As a virtual machine does: the frame comes in by a tap device. */
static int by_tap(const struct options *o)
{
	uint8_t frame[PACKET_MAX];
	size_t n = packet_frame(&o->shot, frame);
	_close_ int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", o->dev);
	if (fd < 0 || !n || ioctl(fd, TUNSETIFF, &r) < 0)
		return -1;
	/* What comes before the bridge has learnt that the port has a carrier is lost. */
	for (int i = 0; i < TAP_SHOTS; i++) {
		poll(NULL, 0, 50);
		if (write(fd, frame, n) < 0)
			return -1;
	}
	return 0;
}

static int by_xdp(const struct options *o)
{
	uint8_t frame[PACKET_MAX];
	size_t n = packet_frame(&o->shot, frame);

	return n ? xdp_send(o->dev, frame, n, (unsigned)o->count % (XDP_MANY + 1), o->hold) : -1;
}

const struct way ways[] = {
	{ "socket", false, by_socket },
	{ "flow", false, by_flow },
	{ "raw", false, by_raw },
	{ "frame", false, by_frame },
	{ "bypass", false, by_bypass },
	{ "cooked", false, by_cooked },
	{ "tap", false, by_tap },
	{ "xdp", true, by_xdp }, /* by one socket */
	{ 0 },
};
