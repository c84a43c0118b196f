// SPDX-License-Identifier: GPL-2.0-or-later
/* A detour that the kernel does not let go of is not forgotten. */
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/way.h"
#include "tests/unit/netns.h"

static void may_change_the_network(bool may)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	assert_int_equal(syscall(SYS_capget, &head, data), 0);
	if (may)
		data[0].effective |= 1u << CAP_NET_ADMIN;
	else
		data[0].effective &= ~(1u << CAP_NET_ADMIN);
	assert_int_equal(syscall(SYS_capset, &head, data), 0);
}

static bool is_laid(void)
{
	return strstr(shown("ip rule"), "410") != NULL;
}

static int set_up(void **state)
{
	int r = enter_netns(state);

	return r < 0 ? r
		     : system("ip link set lo up; ip link add eth0 type veth peer name eth1;"
			      "ip link set eth1 up; ip link set eth0 up;"
			      "ip addr add 198.51.100.9/24 dev eth0; ip tuntap add vpn0 mode tun;"
			      "ip link set vpn0 up; ip addr add 10.9.0.2/24 dev vpn0;"
			      "ip route add default via 198.51.100.1 metric 100;"
			      "ip route add default dev vpn0 metric 50");
}

static void test_it_is_tried_again(void **state)
{
	const struct allow list = { 0 };
	struct way w = { 0 };

	(void)state;
	way_begin(&w, &list);
	assert_string_equal(w.past, "vpn0");
	assert_true(is_laid());

	may_change_the_network(false);
	assert_int_equal(way_leave(&w), -EPERM);
	assert_string_equal(w.past, "vpn0");
	assert_false(way_turn(&w, &list));
	assert_int_equal(way_end(&w), -EPERM);
	assert_string_equal(w.past, "vpn0");
	may_change_the_network(true);
	assert_true(is_laid());

	assert_int_equal(way_end(&w), 0);
	assert_string_equal(w.past, "");
	assert_false(is_laid());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_it_is_tried_again),
	};

	return cmocka_run_group_tests_name("way", tests, set_up, NULL);
}
