// SPDX-License-Identifier: GPL-2.0-or-later
/* Which network a link is in: what the kernel says, and what counts as another. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "netfilter/gateways.h"
#include "tests/unit/netns.h"

static struct gateways known;

static void do_ip(const char *command)
{
	char line[300];

	snprintf(line, sizeof(line), "ip %s", command);
	if (system(line) != 0)
		fail_msg("%s", line);
}

static struct gateways read_now(void)
{
	struct gateways g;
	struct fault f = { 0 };

	if (gateways_read(&g, &f) < 0)
		fail_msg("%s", f.why);
	return g;
}

static void test_read(void **state)
{
	static const uint8_t hardware[] = { 2, 0, 0, 0, 0, 9 };
	struct gateways g;
	uint8_t want[16] = { 192, 0, 2, 1 };

	(void)state;
	assert_int_equal(read_now().n, 0);
	do_ip("link add eth0 type veth peer name eth1");
	do_ip("link set eth0 up");
	do_ip("link set eth1 up");
	do_ip("addr add 192.0.2.9/24 dev eth0");
	do_ip("route add 198.51.100.0/24 via 192.0.2.7");
	do_ip("route add default dev eth1 metric 9");
	do_ip("route add default via 192.0.2.8 table 77");
	assert_int_equal(read_now().n, 0);
	do_ip("route add default via 192.0.2.1");
	g = read_now();
	assert_int_equal(g.n, 1);
	assert_int_equal(g.at[0].family, AF_INET);
	assert_memory_equal(g.at[0].addr, want, sizeof(want));
	assert_int_equal(g.at[0].n_hardware, 0);
	do_ip("neigh add 192.0.2.1 lladdr 02:00:00:00:00:09 dev eth0");
	g = read_now();
	assert_int_equal(g.at[0].n_hardware, sizeof(hardware));
	assert_memory_equal(g.at[0].hardware, hardware, sizeof(hardware));
	do_ip("-6 addr add 2001:db8::9/64 dev eth0 nodad");
	do_ip("-6 route add default via 2001:db8::1 dev eth0");
	do_ip("route replace default nexthop via 192.0.2.1 dev eth0 nexthop via 192.0.2.3 dev "
	      "eth0");
	g = read_now();
	assert_int_equal(g.n, 3);
	assert_false(gateways_moved(&g, &g));
}

static struct gateway gateway(uint32_t link, uint8_t last, uint8_t hardware)
{
	struct gateway g = { .link = link, .family = AF_INET, .addr = { 192, 0, 2, last } };

	if (hardware) {
		g.n_hardware = 6;
		g.hardware[5] = hardware;
	}
	return g;
}

/* What is there now, by link, last byte of the address and of the hardware's; did it move? */
static bool moves(struct gateways is)
{
	bool moved = gateways_moved(&known, &is);

	gateways_learn(&known, &is);
	return moved;
}

#define NOW(...)                                                             \
	((struct gateways){ .at = { __VA_ARGS__ },                           \
			    .n = sizeof((struct gateway[]){ __VA_ARGS__ }) / \
				 sizeof(struct gateway) })

static void test_moves(void **state)
{
	const struct gateways nowhere = { 0 };

	(void)state;
	known = nowhere;
	assert_true(moves(NOW(gateway(2, 1, 0))));
	assert_false(moves(NOW(gateway(2, 1, 7)))); /* its hardware is known now */
	assert_false(moves(NOW(gateway(2, 1, 0)))); /* not asked for lately */
	assert_true(moves(NOW(gateway(2, 1, 8))));  /* same address, but another one */
	assert_false(moves(nowhere));
	assert_false(moves(NOW(gateway(2, 1, 8)))); /* another lease */
	assert_false(moves(NOW(gateway(2, 1, 8), gateway(2, 2, 5))));
	assert_false(moves(NOW(gateway(2, 2, 5)))); /* its neighbour took over */
	assert_true(moves(NOW(gateway(2, 3, 0))));
	assert_true(moves(NOW(gateway(2, 3, 0), gateway(3, 3, 0)))); /* a second link */
	assert_false(moves(NOW(gateway(3, 3, 0))));
	assert_false(moves(NOW(gateway(2, 3, 0), gateway(3, 3, 0))));
	assert_true(gateways_part(&known, 2));
	assert_false(gateways_part(&known, 2));
	assert_false(moves(NOW(gateway(3, 3, 0))));
	assert_true(moves(NOW(gateway(2, 3, 0), gateway(3, 3, 0)))); /* its carrier was lost */
}

/* More than fit, at once and one after the other. */
static void test_bounds(void **state)
{
	struct gateways many = { .n = GATEWAYS_MAX };

	(void)state;
	known = (struct gateways){ 0 };
	for (uint32_t round = 0; round < 4; round++) {
		for (uint32_t i = 0; i < GATEWAYS_MAX; i++)
			many.at[i] = gateway(100 * round + i, 1, 0);
		assert_true(moves(many));
		assert_int_equal(known.n, GATEWAYS_MAX);
		assert_false(moves(many));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_read, enter_netns),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
