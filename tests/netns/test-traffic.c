// SPDX-License-Identifier: GPL-2.0-or-later
/* The quarantine against real traffic, IPv4 and IPv6. */
#include <arpa/inet.h>
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
#include "tests/netns/places.h"
#include "tests/unit/netns.h"

#define PORT 7000 /* of the allowed service, and of the forbidden one */
#define HELP 22

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
		l->out[v] = peer(place_addrs[FRIEND][v], IPPROTO_TCP, PORT);
		l->out[2 + v] = peer(place_addrs[FRIEND][v], IPPROTO_UDP, PORT);
		l->in[v] = peer(place_addrs[FRIEND][v], IPPROTO_TCP, HELP);
	}
	l->allow = (struct allow){ .out = l->out, .n_out = 4, .in = l->in, .n_in = 2 };
}

static void lay(struct lab *lab, const struct allow *allow)
{
	struct fault f = { 0 };

	lab_go(lab, HOST); /* whose links are read */
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
		assert_int_equal(lab_tcp(lab, HOST, STRANGER, place_addrs[STRANGER][v], PORT, NULL),
				 open);
		assert_int_equal(lab_udp(lab, HOST, STRANGER, place_addrs[STRANGER][v], PORT),
				 open);
		assert_int_equal(lab_udp(lab, HOST, STRANGER, place_addrs[STRANGER][v], 53), open);
		assert_int_equal(lab_ping(lab, HOST, place_addrs[STRANGER][v]), open);
		assert_int_equal(lab_ping(lab, STRANGER, host_addrs[STRANGER][v]), open);
		assert_int_equal(lab_tcp(lab, STRANGER, HOST, host_addrs[STRANGER][v], HELP, NULL),
				 open);
		/* The friend, by ports that the list does not name. */
		assert_int_equal(lab_tcp(lab, HOST, FRIEND, place_addrs[FRIEND][v], PORT + 1, NULL),
				 open);
		assert_int_equal(lab_tcp(lab, FRIEND, HOST, host_addrs[FRIEND][v], HELP + 1, NULL),
				 open);
		/* A container, to both, and both to it. */
		assert_int_equal(lab_tcp(lab, BOX, STRANGER, place_addrs[STRANGER][v], PORT, NULL),
				 open);
		assert_int_equal(lab_tcp(lab, BOX, FRIEND, place_addrs[FRIEND][v], PORT, NULL),
				 open);
		assert_int_equal(lab_udp(lab, STRANGER, BOX, place_addrs[BOX][v], PORT), open);
	}
}

static void check_allowed(const struct lab *lab)
{
	for (int v = 0; v < 2; v++) {
		assert_true(lab_tcp(lab, HOST, FRIEND, place_addrs[FRIEND][v], PORT, NULL));
		assert_true(lab_udp(lab, HOST, FRIEND, place_addrs[FRIEND][v], PORT));
		assert_true(lab_tcp(lab, FRIEND, HOST, host_addrs[FRIEND][v], HELP, NULL));
		assert_true(lab_tcp(lab, HOST, HOST, v ? "::1" : "127.0.0.1", PORT, NULL));
		assert_true(lab_tcp(lab, HOST, HOST, place_addrs[HOST][v], PORT,
				    NULL)); /* by way of lo too */
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
		assert_true(lab_tcp(lab, HOST, STRANGER, place_addrs[STRANGER][v], PORT, out[v]));
		assert_true(lab_tcp(lab, STRANGER, HOST, host_addrs[STRANGER][v], HELP, in[v]));
		assert_true(lab_alive(out[v]) && lab_alive(in[v]));
	}
	lay(lab, &list.allow);
	for (int v = 0; v < 2; v++)
		assert_false(lab_alive(out[v]) || lab_alive(in[v])); /* established, and cut */
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
	sh("ip -n %s neigh flush all && ip -n %s neigh flush all", place_names[HOST],
	   place_names[FRIEND]);
	assert_true(lab_tcp(lab, HOST, FRIEND, place_addrs[FRIEND][0], PORT, NULL));
	assert_true(lab_tcp(lab, HOST, FRIEND, place_addrs[FRIEND][1], PORT, NULL));
	sh("ip -n %s neigh flush all && ip -n %s neigh flush all", place_names[HOST],
	   place_names[FRIEND]);
	assert_true(lab_tcp(lab, FRIEND, HOST, host_addrs[FRIEND][1], HELP, NULL));
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
			const char *own = at == HOST ? place_addrs[HOST][v] : place_addrs[at][v];
			const char *there = to == HOST ? host_addrs[at][v] : place_addrs[to][v];
			_close_ int server = lab_bound(lab, to, SOCK_STREAM, there, 8080), fd = -1;
			union address a;
			socklen_t len = make_address(own, sources[i], &a);
			const int on = 1;

			lab_go(lab, at);
			fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
			assert_int_equal(bind(fd, &a.any, len), 0);
			len = make_address(there, 8080, &a);
			connect(fd, &a.any, len);
			assert_false(lab_ready(fd, POLLOUT));
		}
		assert_true(lab_udp(lab, HOST, STRANGER, place_addrs[STRANGER][v], 53));
		assert_true(lab_tcp(lab, HOST, STRANGER, place_addrs[STRANGER][v], 53, NULL));
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
			client = lab_bound(lab, HOST, SOCK_DGRAM, host_addrs[STRANGER][v],
					   ports[v][0]);
			setsockopt(client, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
			setsockopt(client, SOL_SOCKET, SO_BINDTODEVICE, "e2", 3);
			server = lab_bound(lab, STRANGER, SOCK_DGRAM, v ? "::" : "0.0.0.0",
					   ports[v][1]);
			len = make_address(place_addrs[STRANGER][v], ports[v][1], &a);
			sendto(client, "x", 1, 0, &a.any, len);
			assert_false(lab_ready(server, POLLIN));
			len = make_address(v ? "ff02::1" : "255.255.255.255", ports[v][1], &a);
			sendto(client, "x", 1, 0, &a.any, len);
			assert_int_equal(lab_ready(server, POLLIN), open);
			len = make_address(host_addrs[STRANGER][v], ports[v][0], &a);
			sendto(server, "x", 1, 0, &a.any, len);
			assert_int_equal(lab_ready(client, POLLIN), open);
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
	   place_names[FRIEND], place_names[FRIEND], place_names[FRIEND]);
	sh("ip -n %s addr add 10.77.9.1/24 dev far && ip -n %s addr add fd77:9::1/64 dev far nodad",
	   place_names[FRIEND], place_names[FRIEND]);
	sh("ip netns exec %s sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1",
	   place_names[FRIEND]);
	sh("ip -n %s route add 10.77.9.0/24 via 10.77.1.2 && "
	   "ip -n %s -6 route add fd77:9::/64 via fd77:1::2",
	   place_names[HOST], place_names[HOST]);
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
		lab_go(lab, HOST);
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
	sh("ip -n %s link del far", place_names[FRIEND]);
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

	lab_go(lab, FRIEND);
	tap = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, htons(ETH_P_IPV6));
	assert_true(tap >= 0);
	lay(lab, &nobody);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	group.ipv6mr_interface = if_nametoindex("e1");
	assert_int_equal(setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof(group)), 0);
	for (int i = 0; i < 20 && !seen; i++) {
		lab_ready(tap, POLLIN);
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
	lab_go(lab, HOST);
	for (;;) {
		for (int v = 0; v < 2; v++) {
			union address a;
			socklen_t len = make_address(place_addrs[STRANGER][v], 9, &a);
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
		sinks[v] = lab_bound(lab, STRANGER, SOCK_DGRAM, place_addrs[STRANGER][v], 9);
	flood = start_flood(lab);
	for (int v = 0; v < 2; v++) /* it is there, */
		seen += lab_ready(sinks[v], POLLIN);
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

	return cmocka_run_group_tests_name("traffic", tests, lab_make, lab_drop);
}
