// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "tests/netns/common.h"
#include "tests/netns/places.h"
#include "tests/unit/netns.h"

const char *const place_names[PLACES] = { "nf-host", "nf-friend", "nf-stranger", "nf-box" };

const char *const place_addrs[PLACES][2] = {
	[HOST] = { "10.77.1.1", "fd77:1::1" },
	[FRIEND] = { "10.77.1.2", "fd77:1::2" },
	[STRANGER] = { "10.77.2.2", "fd77:2::2" },
	[BOX] = { "10.77.3.2", "fd77:3::2" },
};
const char *const host_addrs[PLACES][2] = {
	[FRIEND] = { "10.77.1.1", "fd77:1::1" },
	[STRANGER] = { "10.77.2.1", "fd77:2::1" },
	[BOX] = { "10.77.3.1", "fd77:3::1" },
};

void lab_go(const struct lab *lab, enum place place)
{
	assert_int_equal(setns(lab->ns[place], CLONE_NEWNET), 0);
}

static void add_link(enum place to, int n)
{
	sh("ip -n %s link add e%d type veth peer name eth0 netns %s", place_names[HOST], n,
	   place_names[to]);
	sh("ip -n %s addr add 10.77.%d.1/24 dev e%d && ip -n %s addr add fd77:%d::1/64 dev e%d "
	   "nodad",
	   place_names[HOST], n, n, place_names[HOST], n, n);
	sh("ip -n %s addr add 10.77.%d.2/24 dev eth0 && ip -n %s addr add fd77:%d::2/64 dev eth0 "
	   "nodad",
	   place_names[to], n, place_names[to], n);
	sh("ip -n %s link set e%d up && ip -n %s link set eth0 up && ip -n %s link set lo up",
	   place_names[HOST], n, place_names[to], place_names[to]);
	sh("ip -n %s route add default via 10.77.%d.1 && ip -n %s -6 route add default via "
	   "fd77:%d::1",
	   place_names[to], n, place_names[to], n);
}

int lab_bound(const struct lab *lab, enum place at, int type, const char *addr, uint16_t port)
{
	union address a;
	socklen_t len = make_address(addr, port, &a);
	const int on = 1;
	int fd;

	lab_go(lab, at);
	fd = socket(a.any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, &a.any, len), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 8), 0);
	return fd;
}

bool lab_ready(int fd, short what)
{
	struct pollfd p = { .fd = fd, .events = what };

	return poll(&p, 1, WAIT_MS) == 1;
}

bool lab_tcp(const struct lab *lab, enum place from, enum place to, const char *addr, uint16_t port,
	     int out[2])
{
	_close_ int listener = lab_bound(lab, to, SOCK_STREAM, addr, port), fd = -1;
	union address a;
	socklen_t len = make_address(addr, port, &a), got = sizeof(int);
	int err = 0, other;

	lab_go(lab, from);
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connect(fd, &a.any, len) < 0 && errno != EINPROGRESS)
		return false;
	if (!lab_ready(fd, POLLOUT) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &got) < 0 || err)
		return false;
	if (out) {
		other = accept(listener, NULL, NULL);
		assert_true(other >= 0);
		out[0] = take_fd(&fd);
		out[1] = other;
	}
	return true;
}

bool lab_udp(const struct lab *lab, enum place from, enum place to, const char *addr, uint16_t port)
{
	_close_ int server = lab_bound(lab, to, SOCK_DGRAM, addr, port), fd = -1;
	union address a;
	socklen_t len = make_address(addr, port, &a);
	char byte = 'x';

	lab_go(lab, from);
	fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sendto(fd, &byte, 1, 0, &a.any, len) < 0 || !lab_ready(server, POLLIN))
		return false;
	len = sizeof(a);
	if (recvfrom(server, &byte, 1, 0, &a.any, &len) != 1 ||
	    sendto(server, &byte, 1, 0, &a.any, len) < 0)
		return false;
	return lab_ready(fd, POLLIN);
}

bool lab_ping(const struct lab *lab, enum place from, const char *addr)
{
	union address a;
	socklen_t len = make_address(addr, 0, &a);
	bool v6 = a.any.sa_family == AF_INET6;
	uint8_t packet[8] = { v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO };
	_close_ int fd = -1;

	lab_go(lab, from);
	sh("sysctl -qw net.ipv4.ping_group_range='0 0'");
	fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC,
		    v6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
	assert_true(fd >= 0);
	return sendto(fd, packet, sizeof(packet), 0, &a.any, len) > 0 && lab_ready(fd, POLLIN);
}

bool lab_alive(const int pair[2])
{
	char byte = 'x';

	return send(pair[0], &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 &&
	       lab_ready(pair[1], POLLIN) && recv(pair[1], &byte, 1, MSG_DONTWAIT) == 1;
}

static void wait_for(const struct lab *lab, enum place place)
{
	for (int i = 0; i < 50; i++) {
		if (lab_ping(lab, place, host_addrs[place][0]) &&
		    lab_ping(lab, place, host_addrs[place][1]) &&
		    lab_ping(lab, HOST, place_addrs[place][1]))
			return;
	}
	fail_msg("%s never came up", place_names[place]);
}

int lab_make(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < PLACES; i++) {
		char path[64];

		snprintf(path, sizeof(path), "ip netns add %s", place_names[i]);
		if (system(path))
			return -1;
		snprintf(path, sizeof(path), "/run/netns/%s", place_names[i]);
		lab->ns[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (lab->ns[i] < 0)
			return -1;
	}
	sh("ip -n %s link set lo up", place_names[HOST]);
	for (int i = FRIEND; i < PLACES; i++)
		add_link(i, i);
	sh("ip netns exec %s sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
	   place_names[HOST]);
	for (int i = FRIEND; i < PLACES; i++)
		wait_for(lab, i);
	lab_go(lab, HOST);
	lab->nft = open_nft();
	*state = lab;
	return 0;
}

int lab_drop(void **state)
{
	struct lab *lab = *state;

	setns(lab->home, CLONE_NEWNET);
	nft_close(&lab->nft);
	for (int i = 0; i < PLACES; i++) {
		char line[64];

		close(lab->ns[i]);
		snprintf(line, sizeof(line), "ip netns del %s", place_names[i]);
		if (system(line))
			return -1;
	}
	close(lab->home);
	free(lab);
	return 0;
}
