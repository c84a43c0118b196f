// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The quarantine against real traffic, IPv4 and IPv6: a host, a container behind it, a peer
 * that the list allows and one that it does not, each in a network namespace of its own.  One
 * program holds the sockets of all of them: a socket stays in the namespace it was made in.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "netfilter/quarantine.h"
#include "tests/netns/common.h"
#include "tests/unit/netns.h"

#define WAIT_MS 200
#define PORT	7000 /* of the allowed service, and of the forbidden one */
#define HELP	22

enum place { HOST, FRIEND, STRANGER, BOX, PLACES };
static const char *const names[PLACES] = { "nf-host", "nf-friend", "nf-stranger", "nf-box" };

/* In both families; .1 is the host's end of each link. */
static const char *const addrs[PLACES][2] = {
	[HOST] = { "10.77.1.1", "fd77:1::1" },
	[FRIEND] = { "10.77.1.2", "fd77:1::2" },
	[STRANGER] = { "10.77.2.2", "fd77:2::2" },
	[BOX] = { "10.77.3.2", "fd77:3::2" },
};
static const char *const host_addrs[PLACES][2] = {
	[FRIEND] = { "10.77.1.1", "fd77:1::1" },
	[STRANGER] = { "10.77.2.1", "fd77:2::1" },
	[BOX] = { "10.77.3.1", "fd77:3::1" },
};

struct lab {
	int ns[PLACES], home;
	struct nft nft;
};

static void go(const struct lab *lab, enum place place)
{
	assert_int_equal(setns(lab->ns[place], CLONE_NEWNET), 0);
}

static void add_link(enum place to, int n)
{
	sh("ip -n %s link add e%d type veth peer name eth0 netns %s", names[HOST], n, names[to]);
	sh("ip -n %s addr add 10.77.%d.1/24 dev e%d && ip -n %s addr add fd77:%d::1/64 dev e%d "
	   "nodad",
	   names[HOST], n, n, names[HOST], n, n);
	sh("ip -n %s addr add 10.77.%d.2/24 dev eth0 && ip -n %s addr add fd77:%d::2/64 dev eth0 "
	   "nodad",
	   names[to], n, names[to], n);
	sh("ip -n %s link set e%d up && ip -n %s link set eth0 up && ip -n %s link set lo up",
	   names[HOST], n, names[to], names[to]);
	sh("ip -n %s route add default via 10.77.%d.1 && ip -n %s -6 route add default via "
	   "fd77:%d::1",
	   names[to], n, names[to], n);
}

/* A socket in a place, bound to an address of it. */
static int bound(const struct lab *lab, enum place at, int type, const char *addr, uint16_t port)
{
	union address a;
	socklen_t len = make_address(addr, port, &a);
	const int on = 1;
	int fd;

	go(lab, at);
	fd = socket(a.any.sa_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(fd, &a.any, len), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static bool ready(int fd, short what)
{
	struct pollfd p = { .fd = fd, .events = what };

	return poll(&p, 1, WAIT_MS) == 1;
}

/* Connects; with out != NULL both ends are handed on. */
static bool tcp(const struct lab *lab, enum place from, enum place to, const char *addr,
		uint16_t port, int out[2])
{
	_close_ int listener = bound(lab, to, SOCK_STREAM, addr, port), fd = -1;
	union address a;
	socklen_t len = make_address(addr, port, &a), got = sizeof(int);
	int err = 0, other;

	go(lab, from);
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (connect(fd, &a.any, len) < 0 && errno != EINPROGRESS)
		return false;
	if (!ready(fd, POLLOUT) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &got) < 0 || err)
		return false;
	if (out) {
		other = accept(listener, NULL, NULL);
		assert_true(other >= 0);
		out[0] = take_fd(&fd);
		out[1] = other;
	}
	return true;
}

/* One datagram and its answer. */
static bool udp(const struct lab *lab, enum place from, enum place to, const char *addr,
		uint16_t port)
{
	_close_ int server = bound(lab, to, SOCK_DGRAM, addr, port), fd = -1;
	union address a;
	socklen_t len = make_address(addr, port, &a);
	char byte = 'x';

	go(lab, from);
	fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sendto(fd, &byte, 1, 0, &a.any, len) < 0 || !ready(server, POLLIN))
		return false;
	len = sizeof(a);
	if (recvfrom(server, &byte, 1, 0, &a.any, &len) != 1 ||
	    sendto(server, &byte, 1, 0, &a.any, len) < 0)
		return false;
	return ready(fd, POLLIN);
}

static bool ping(const struct lab *lab, enum place from, const char *addr)
{
	union address a;
	socklen_t len = make_address(addr, 0, &a);
	bool v6 = a.any.sa_family == AF_INET6;
	uint8_t packet[8] = { v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO };
	_close_ int fd = -1;

	go(lab, from);
	sh("sysctl -qw net.ipv4.ping_group_range='0 0'");
	fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC,
		    v6 ? (int)IPPROTO_ICMPV6 : (int)IPPROTO_ICMP);
	assert_true(fd >= 0);
	return sendto(fd, packet, sizeof(packet), 0, &a.any, len) > 0 && ready(fd, POLLIN);
}

static bool alive(const int pair[2])
{
	char byte = 'x';

	return send(pair[0], &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 &&
	       ready(pair[1], POLLIN) && recv(pair[1], &byte, 1, MSG_DONTWAIT) == 1;
}

static struct peer peer(const char *addr, uint8_t proto, uint16_t port)
{
	struct peer p = { .family = strchr(addr, ':') ? AF_INET6 : AF_INET,
			  .proto = proto,
			  .port = port };

	p.prefix = p.family == AF_INET ? 32 : 128;
	assert_int_equal(inet_pton(p.family, addr, p.addr), 1);
	return p;
}

struct list {
	struct peer out[4], in[2];
	struct allow allow;
};

/* The friend is a TCP and UDP peer, and the helpdesk. */
static void make_list(struct list *l)
{
	*l = (struct list){ 0 };
	for (int v = 0; v < 2; v++) {
		l->out[v] = peer(addrs[FRIEND][v], IPPROTO_TCP, PORT);
		l->out[2 + v] = peer(addrs[FRIEND][v], IPPROTO_UDP, PORT);
		l->in[v] = peer(addrs[FRIEND][v], IPPROTO_TCP, HELP);
	}
	l->allow = (struct allow){ .out = l->out, .n_out = 4, .in = l->in, .n_in = 2 };
}

static void lay(struct lab *lab, const struct allow *allow)
{
	struct fault f = { 0 };

	go(lab, HOST); /* whose links are read */
	if (quarantine_lay(&lab->nft, allow, &f) < 0)
		fail_msg("%s", f.why);
}

static void lift(struct lab *lab)
{
	assert_int_equal(quarantine_lift(&lab->nft, NULL), 0);
}

/* All that the list does not name; `open` says whether it is to pass. */
static void check_forbidden(const struct lab *lab, bool open)
{
	for (int v = 0; v < 2; v++) {
		assert_int_equal(tcp(lab, HOST, STRANGER, addrs[STRANGER][v], PORT, NULL), open);
		assert_int_equal(udp(lab, HOST, STRANGER, addrs[STRANGER][v], PORT), open);
		assert_int_equal(udp(lab, HOST, STRANGER, addrs[STRANGER][v], 53), open);
		assert_int_equal(ping(lab, HOST, addrs[STRANGER][v]), open);
		assert_int_equal(ping(lab, STRANGER, host_addrs[STRANGER][v]), open);
		assert_int_equal(tcp(lab, STRANGER, HOST, host_addrs[STRANGER][v], HELP, NULL),
				 open);
		/* The friend, by ports that the list does not name. */
		assert_int_equal(tcp(lab, HOST, FRIEND, addrs[FRIEND][v], PORT + 1, NULL), open);
		assert_int_equal(tcp(lab, FRIEND, HOST, host_addrs[FRIEND][v], HELP + 1, NULL),
				 open);
		/* A container, to both, and both to it. */
		assert_int_equal(tcp(lab, BOX, STRANGER, addrs[STRANGER][v], PORT, NULL), open);
		assert_int_equal(tcp(lab, BOX, FRIEND, addrs[FRIEND][v], PORT, NULL), open);
		assert_int_equal(udp(lab, STRANGER, BOX, addrs[BOX][v], PORT), open);
	}
}

static void check_allowed(const struct lab *lab)
{
	for (int v = 0; v < 2; v++) {
		assert_true(tcp(lab, HOST, FRIEND, addrs[FRIEND][v], PORT, NULL));
		assert_true(udp(lab, HOST, FRIEND, addrs[FRIEND][v], PORT));
		assert_true(tcp(lab, FRIEND, HOST, host_addrs[FRIEND][v], HELP, NULL));
		assert_true(tcp(lab, HOST, HOST, v ? "::1" : "127.0.0.1", PORT, NULL));
		assert_true(
			tcp(lab, HOST, HOST, addrs[HOST][v], PORT, NULL)); /* by way of lo too */
	}
}

static void test_enter_and_leave(void **state)
{
	struct lab *lab = *state;
	struct list list;
	int out[2][2], in[2][2];

	make_list(&list);
	check_forbidden(lab, true);
	check_allowed(lab);
	for (int v = 0; v < 2; v++) {
		assert_true(tcp(lab, HOST, STRANGER, addrs[STRANGER][v], PORT, out[v]));
		assert_true(tcp(lab, STRANGER, HOST, host_addrs[STRANGER][v], HELP, in[v]));
		assert_true(alive(out[v]) && alive(in[v]));
	}
	lay(lab, &list.allow);
	for (int v = 0; v < 2; v++)
		assert_false(alive(out[v]) || alive(in[v])); /* established, and cut */
	check_forbidden(lab, false);
	check_allowed(lab);
	lift(lab);
	check_forbidden(lab, true);
	for (int v = 0; v < 2; v++) {
		close(out[v][0]), close(out[v][1]);
		close(in[v][0]), close(in[v][1]);
	}
}

/* After a flush the allowed peer's hardware address is asked for anew, and found. */
static void test_neighbours_are_found(void **state)
{
	struct lab *lab = *state;
	struct list list;

	make_list(&list);
	lay(lab, &list.allow);
	sh("ip -n %s neigh flush all && ip -n %s neigh flush all", names[HOST], names[FRIEND]);
	assert_true(tcp(lab, HOST, FRIEND, addrs[FRIEND][0], PORT, NULL));
	assert_true(tcp(lab, HOST, FRIEND, addrs[FRIEND][1], PORT, NULL));
	sh("ip -n %s neigh flush all && ip -n %s neigh flush all", names[HOST], names[FRIEND]);
	assert_true(tcp(lab, FRIEND, HOST, host_addrs[FRIEND][1], HELP, NULL));
	lift(lab);
}

/* From the port of an allowed service or of our own, a stranger or a friend opens nothing. */
static void test_source_ports_open_nothing(void **state)
{
	struct lab *lab = *state;
	struct list list;

	make_list(&list);
	list.allow.dns_any = true;
	lay(lab, &list.allow);
	for (int v = 0; v < 2; v++) {
		static const uint16_t sources[] = { PORT, 53, HELP };

		for (size_t i = 0; i < 3; i++) {
			enum place from = sources[i] == 53 ? STRANGER : FRIEND;
			enum place at = sources[i] == HELP ? HOST : from;
			enum place to = at == HOST ? FRIEND : HOST;
			const char *own = at == HOST ? addrs[HOST][v] : addrs[at][v];
			const char *there = to == HOST ? host_addrs[at][v] : addrs[to][v];
			_close_ int server = bound(lab, to, SOCK_STREAM, there, 8080), fd = -1;
			union address a;
			socklen_t len = make_address(own, sources[i], &a);
			const int on = 1;

			go(lab, at);
			fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
			assert_int_equal(bind(fd, &a.any, len), 0);
			len = make_address(there, 8080, &a);
			connect(fd, &a.any, len);
			assert_false(ready(fd, POLLOUT));
		}
		assert_true(udp(lab, HOST, STRANGER, addrs[STRANGER][v], 53));
		assert_true(tcp(lab, HOST, STRANGER, addrs[STRANGER][v], 53, NULL));
	}
	lift(lab);
}

/* DHCP and DHCPv6: to all on the link and back, when the list says so; never to a stranger. */
static void test_dhcp(void **state)
{
	struct lab *lab = *state;
	static const uint16_t ports[2][2] = { { 68, 67 }, { 546, 547 } };
	const int on = 1;

	for (int v = 0; v < 2; v++) {
		for (int open = 0; open < 2; open++) {
			const struct allow allow = { .dhcp_any = open };
			_close_ int client = -1, server = -1;
			union address a;
			socklen_t len;

			lay(lab, &allow);
			client = bound(lab, HOST, SOCK_DGRAM, host_addrs[STRANGER][v], ports[v][0]);
			setsockopt(client, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
			setsockopt(client, SOL_SOCKET, SO_BINDTODEVICE, "e2", 3);
			server = bound(lab, STRANGER, SOCK_DGRAM, v ? "::" : "0.0.0.0",
				       ports[v][1]);
			len = make_address(addrs[STRANGER][v], ports[v][1], &a);
			sendto(client, "x", 1, 0, &a.any, len);
			assert_false(ready(server, POLLIN));
			len = make_address(v ? "ff02::1" : "255.255.255.255", ports[v][1], &a);
			sendto(client, "x", 1, 0, &a.any, len);
			assert_int_equal(ready(server, POLLIN), open);
			len = make_address(host_addrs[STRANGER][v], ports[v][0], &a);
			sendto(server, "x", 1, 0, &a.any, len);
			assert_int_equal(ready(client, POLLIN), open);
		}
	}
	lift(lab);
}

/* "Too big" comes from a router on the way, whom no list names, and the host believes it. */
static void test_path_mtu(void **state)
{
	struct lab *lab = *state;

	sh("ip -n %s link add far mtu 1300 type veth peer name near && ip -n %s link set far up && "
	   "ip -n %s link set near up",
	   names[FRIEND], names[FRIEND], names[FRIEND]);
	sh("ip -n %s addr add 10.77.9.1/24 dev far && ip -n %s addr add fd77:9::1/64 dev far nodad",
	   names[FRIEND], names[FRIEND]);
	sh("ip netns exec %s sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
	   names[FRIEND]);
	sh("ip -n %s route add 10.77.9.0/24 via 10.77.1.2 && "
	   "ip -n %s -6 route add fd77:9::/64 via fd77:1::2",
	   names[HOST], names[HOST]);
	for (int v = 0; v < 2; v++) {
		const char *far = v ? "fd77:9::9" : "10.77.9.9";
		struct peer p = peer(far, IPPROTO_UDP, PORT);
		const struct allow allow = { .out = &p, .n_out = 1 };
		char big[1400] = "";
		union address a;
		socklen_t len = make_address(far, PORT, &a);
		_close_ int fd = -1;
		int mtu = 0;
		socklen_t got = sizeof(mtu);

		lay(lab, &allow);
		go(lab, HOST);
		fd = socket(a.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		assert_int_equal(connect(fd, &a.any, len), 0);
		mtu = v ? IPV6_PMTUDISC_DO : IP_PMTUDISC_DO;
		setsockopt(fd, v ? IPPROTO_IPV6 : IPPROTO_IP,
			   v ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER, &mtu, sizeof(mtu));
		send(fd, big, sizeof(big), 0);
		poll(NULL, 0, WAIT_MS);
		assert_int_equal(getsockopt(fd, v ? IPPROTO_IPV6 : IPPROTO_IP,
					    v ? IPV6_MTU : IP_MTU, &mtu, &got),
				 0);
		assert_int_equal(mtu, 1300);
	}
	lift(lab);
	sh("ip -n %s link del far", names[FRIEND]);
}

/* A switch that snoops learns from the host's reports that it listens for solicitations. */
static void test_multicast_reports(void **state)
{
	struct lab *lab = *state;
	struct ipv6_mreq group = { .ipv6mr_multiaddr = { .s6_addr = { 0xff, 0x02, [11] = 1, 0xff,
								      0x77, 0x77, 0x77 } } };
	const struct allow nobody = { 0 };
	_close_ int tap = -1, fd = -1;
	uint8_t packet[256];
	bool seen = false;

	go(lab, FRIEND);
	tap = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_IPV6));
	assert_true(tap >= 0);
	lay(lab, &nobody);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	group.ipv6mr_interface = if_nametoindex("e1");
	assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof(group)), 0);
	for (int i = 0; i < 20 && !seen; i++) {
		ready(tap, POLLIN);
		for (ssize_t n; !seen && (n = recv(tap, packet, sizeof(packet), 0)) > 0;)
			seen = n >= 76 && packet[6] == 0 && packet[48] == 143 && packet[75] == 0x77;
	}
	lift(lab);
	assert_true(seen);
}

static pid_t start_flood(const struct lab *lab)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no flood behind */
	go(lab, HOST);
	for (;;) {
		for (int v = 0; v < 2; v++) {
			union address a;
			socklen_t len = make_address(addrs[STRANGER][v], 9, &a);
			_close_ int fd = socket(a.any.sa_family, SOCK_DGRAM, 0);

			for (int i = 0; i < 200; i++)
				sendto(fd, "x", 1, 0, &a.any, len);
		}
	}
}

/* While the list is replaced again and again under a flood, not one packet gets out. */
static void test_no_leak_while_it_changes(void **state)
{
	struct lab *lab = *state;
	int sinks[2];
	struct list list;
	char packet[16];
	pid_t flood;
	int leaked = 0, seen = 0;

	make_list(&list);
	for (int v = 0; v < 2; v++)
		sinks[v] = bound(lab, STRANGER, SOCK_DGRAM, addrs[STRANGER][v], 9);
	flood = start_flood(lab);
	for (int v = 0; v < 2; v++) /* it is there, */
		seen += ready(sinks[v], POLLIN);
	lay(lab, &list.allow);
	poll(NULL, 0, 50);
	for (int v = 0; v < 2; v++) { /* and cut from here on */
		while (recv(sinks[v], packet, sizeof(packet), 0) >= 0)
			;
	}
	for (int i = 0; i < 100; i++) {
		list.allow.n_out = (size_t)(i % 5);
		list.allow.dns_any = i % 2;
		lay(lab, &list.allow);
		for (int v = 0; v < 2; v++)
			leaked += recv(sinks[v], packet, sizeof(packet), 0) >= 0;
	}
	kill(flood, SIGKILL);
	waitpid(flood, NULL, 0);
	lift(lab);
	close(sinks[0]), close(sinks[1]);
	assert_int_equal(seen, 2);
	assert_int_equal(leaked, 0);
}

/* A new link's IPv6 takes a moment to speak. */
static void wait_for(const struct lab *lab, enum place place)
{
	for (int i = 0; i < 50; i++) {
		if (ping(lab, place, host_addrs[place][0]) &&
		    ping(lab, place, host_addrs[place][1]) && ping(lab, HOST, addrs[place][1]))
			return;
	}
	fail_msg("%s never came up", names[place]);
}

static int make_lab(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < PLACES; i++) {
		char path[64];

		snprintf(path, sizeof(path), "ip netns add %s", names[i]);
		if (system(path))
			return -1;
		snprintf(path, sizeof(path), "/run/netns/%s", names[i]);
		lab->ns[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (lab->ns[i] < 0)
			return -1;
	}
	sh("ip -n %s link set lo up", names[HOST]);
	for (int i = FRIEND; i < PLACES; i++)
		add_link(i, i);
	sh("ip netns exec %s sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
	   names[HOST]);
	for (int i = FRIEND; i < PLACES; i++)
		wait_for(lab, i);
	go(lab, HOST);
	lab->nft = open_nft();
	*state = lab;
	return 0;
}

static int drop_lab(void **state)
{
	struct lab *lab = *state;

	setns(lab->home, CLONE_NEWNET);
	nft_close(&lab->nft);
	for (int i = 0; i < PLACES; i++) {
		char line[64];

		close(lab->ns[i]);
		snprintf(line, sizeof(line), "ip netns del %s", names[i]);
		if (system(line))
			return -1;
	}
	close(lab->home);
	free(lab);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enter_and_leave),
		cmocka_unit_test(test_neighbours_are_found),
		cmocka_unit_test(test_source_ports_open_nothing),
		cmocka_unit_test(test_dhcp),
		cmocka_unit_test(test_path_mtu),
		cmocka_unit_test(test_multicast_reports),
		cmocka_unit_test(test_no_leak_while_it_changes),
	};

	return cmocka_run_group_tests_name("traffic", tests, make_lab, drop_lab);
}
