// SPDX-License-Identifier: GPL-2.0-or-later
/* Ways past VPNs, by what the kernel then does with an address of the world. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "netfilter/detour.h"
#include "tests/unit/netns.h"

#define WORLD4 "203.0.113.9"
#define WORLD6 "2001:db8:66::9"

static void do_ip(const char *command)
{
	char line[300];

	snprintf(line, sizeof(line), "ip %s", command);
	if (system(line) != 0)
		fail_msg("%s", line);
}

static void do_all(const char *const *commands, size_t n)
{
	for (size_t i = 0; i < n; i++)
		do_ip(commands[i]);
}

#define DO(...)                                                    \
	do {                                                       \
		static const char *const list[] = { __VA_ARGS__ }; \
		do_all(list, COUNT(list));                         \
	} while (0)

/* Which tunnel that address is sent into; "": none. */
static const char *tunnel_to(const char *address)
{
	static char name[IFNAMSIZ];
	const uint8_t family = strchr(address, ':') ? AF_INET6 : AF_INET;
	struct fault f = { 0 };
	uint8_t addr[16];
	int r;

	assert_int_equal(inet_pton(family, address, addr), 1);
	memset(name, 0, sizeof(name));
	r = detour_tunnel(family, addr, name, &f);
	if (r < 0)
		fail_msg("%s", f.why);
	assert_int_equal(r, *name != 0);
	return name;
}

static void lay(int want)
{
	struct fault f = { 0 };
	int r = detour_lay(&f);

	if (r < 0)
		fail_msg("%s", f.why);
	assert_int_equal(r, want);
}

static void assert_no_trace(void)
{
	static const char *const lists[] = { "ip rule | grep 410", "ip -6 rule | grep 410",
					     "ip route show table 51777 2>/dev/null",
					     "ip -6 route show table 51777 2>/dev/null" };

	for (size_t i = 0; i < COUNT(lists); i++)
		assert_string_equal(shown(lists[i]), "");
}

static void lift(void)
{
	struct fault f = { 0 };

	if (detour_lift(&f) < 0)
		fail_msg("%s", f.why);
	assert_no_trace();
}

static int set_up(void **state)
{
	int r = enter_netns(state);

	if (r < 0)
		return r;
	DO("link set lo up", "link add eth0 type veth peer name eth1", "link set eth1 up",
	   "link set eth0 up", "addr add 192.0.2.9/24 dev eth0",
	   "addr add 2001:db8::9/64 dev eth0 nodad", "tuntap add vpn0 mode tun", "link set vpn0 up",
	   "addr add 10.9.0.2/24 dev vpn0", "addr add fd00:9::2/64 dev vpn0 nodad");
	return 0;
}

static void test_nowhere_to_go(void **state)
{
	uint8_t addr[4] = { 203, 0, 113, 9 };
	char name[IFNAMSIZ] = "untouched";
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(detour_tunnel(AF_INET, addr, name, &f), -ENETUNREACH);
	assert_string_equal(name, "untouched");
	lay(0);
	assert_no_trace();
	lift();
	DO("route add default dev vpn0"); /* only the tunnel itself */
	lay(0);
	assert_no_trace();
	DO("route del default dev vpn0");
}

static void add_routers(void)
{
	DO("route add default via 192.0.2.1 dev eth0 src 192.0.2.9 metric 600",
	   "-6 route add default via 2001:db8::1 dev eth0");
	assert_string_equal(tunnel_to(WORLD4), "");
	assert_string_equal(tunnel_to(WORLD6), "");
}

static void assert_past(void)
{
	assert_string_equal(tunnel_to(WORLD4), "vpn0");
	assert_string_equal(tunnel_to(WORLD6), "vpn0");
	lay(1);
	assert_string_equal(tunnel_to(WORLD4), "");
	assert_string_equal(tunnel_to(WORLD6), "");
	assert_non_null(strstr(shown("ip route get " WORLD4), "via 192.0.2.1 dev eth0"));
	assert_non_null(strstr(shown("ip -6 route get " WORLD6), "via 2001:db8::1 dev eth0"));
	assert_string_equal(tunnel_to("10.9.0.7"), "vpn0"); /* a part of the world stays there */
	assert_string_equal(tunnel_to("fd00:9::7"), "vpn0");
	lift();
	assert_string_equal(tunnel_to(WORLD4), "vpn0");
	assert_string_equal(tunnel_to(WORLD6), "vpn0");
}

static void test_a_table_with_rules(void **state)
{
	(void)state;
	add_routers();
	DO("route add default dev vpn0 table 51820", "-6 route add default dev vpn0 table 51820",
	   "rule add not fwmark 51820 table 51820", "-6 rule add not fwmark 51820 table 51820",
	   "rule add table main suppress_prefixlength 0",
	   "-6 rule add table main suppress_prefixlength 0");
	assert_past();
	DO("rule del not fwmark 51820 table 51820", "-6 rule del not fwmark 51820 table 51820",
	   "rule del table main suppress_prefixlength 0",
	   "-6 rule del table main suppress_prefixlength 0");
}

static void test_halves_of_a_default_route(void **state)
{
	(void)state;
	DO("route add 0.0.0.0/1 via 10.9.0.1 dev vpn0",
	   "route add 128.0.0.0/1 via 10.9.0.1 dev vpn0", "-6 route add 2000::/3 dev vpn0",
	   "-6 route add fc00::/7 dev vpn0");
	assert_past();
}

static void test_a_default_route_in_its_place(void **state)
{
	(void)state;
	DO("route add default dev vpn0 metric 5", "-6 route add default dev vpn0 metric 5");
	assert_past();
}

/* What the kernel tells of routes and rules since the last time; messages. */
static unsigned changes(int fd)
{
	char buf[8192];
	unsigned n = 0;

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		n++;
	return n;
}

static void test_it_follows_the_routers(void **state)
{
	struct sockaddr_nl who = { .nl_family = AF_NETLINK,
				   .nl_groups = RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE |
						RTMGRP_IPV4_RULE };
	_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&who, sizeof(who)), 0);
	lay(1);
	assert_true(changes(fd) >= 4);
	lay(1);
	assert_int_equal(changes(fd), 0);
	DO("route replace default via 192.0.2.2 dev eth0 src 192.0.2.9 metric 600",
	   "route add default via 192.0.2.3 dev eth0 metric 700");
	lay(1);
	assert_non_null(strstr(shown("ip route get " WORLD4), "via 192.0.2.2 dev eth0"));
	DO("route del default via 192.0.2.2 dev eth0 metric 600");
	lay(1);
	assert_non_null(strstr(shown("ip route get " WORLD4), "via 192.0.2.3 dev eth0"));
	DO("route del default via 192.0.2.3 dev eth0 metric 700");
	lay(1); /* IPv6 is left */
	assert_string_equal(shown("ip rule | grep 410"), "");
	DO("link set eth0 down");
	lay(0);
	assert_no_trace();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nowhere_to_go),
		cmocka_unit_test(test_a_table_with_rules),
		cmocka_unit_test(test_halves_of_a_default_route),
		cmocka_unit_test(test_a_default_route_in_its_place),
		cmocka_unit_test(test_it_follows_the_routers),
	};

	return cmocka_run_group_tests_name("detour", tests, set_up, NULL);
}
