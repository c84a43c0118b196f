// SPDX-License-Identifier: GPL-2.0-or-later
/* Changes of the network are heard of, however long the kernel's message is. */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <systemd/sd-event.h>

#include "tests/unit/netns.h"
#include "tests/unit/unheard.h"

#define HOPS 600 /* 16 bytes each */

static unsigned changed;

static void on_linked(void *ctx)
{
	(void)ctx;
}

static void on_changed(void *ctx)
{
	(void)ctx;
	changed++;
}

/* Until nothing comes for a while. */
static void settle(sd_event *loop)
{
	while (sd_event_run(loop, 100000) > 0)
		;
}

/* ip(8) has no room for so many. */
static void add_hops(struct nlmsghdr *h, unsigned hops)
{
	const uint32_t link = if_nametoindex("eth0");
	struct nlattr *all = mnl_attr_nest_start(h, RTA_MULTIPATH);

	for (unsigned i = 0; i < hops; i++) {
		struct rtnexthop *hop = mnl_nlmsg_put_extra_header(h, sizeof(*hop));

		hop->rtnh_ifindex = (int)link;
		hop->rtnh_len = sizeof(*hop) + sizeof(struct nlattr) + 4;
		mnl_attr_put_u32(h, RTA_GATEWAY, htonl(0x0a010001 + i));
	}
	mnl_attr_nest_end(h, all);
}

static void add_route(unsigned hops)
{
	_Alignas(struct nlmsghdr) char buf[32768];
	struct mnl_socket *s = mnl_socket_open(NETLINK_ROUTE);
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(h, sizeof(*route));
	const struct nlmsgerr *answer;

	h->nlmsg_type = RTM_NEWROUTE;
	h->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE;
	*route = (struct rtmsg){ .rtm_family = AF_INET,
				 .rtm_dst_len = 32,
				 .rtm_table = RT_TABLE_MAIN,
				 .rtm_protocol = RTPROT_STATIC,
				 .rtm_type = RTN_UNICAST };
	mnl_attr_put_u32(h, RTA_DST, htonl(0xcb007100 + hops % 256));
	add_hops(h, hops);
	assert_non_null(s);
	assert_int_equal(mnl_socket_sendto(s, h, h->nlmsg_len), h->nlmsg_len);
	assert_true(mnl_socket_recvfrom(s, buf, sizeof(buf)) > 0);
	answer = mnl_nlmsg_get_payload((struct nlmsghdr *)buf);
	assert_int_equal(answer->error, 0);
	mnl_socket_close(s);
}

static void test_routes(void **state)
{
	static const struct rtnl_handlers handlers = { on_linked, unheard_moved, unheard_carrier,
						       unheard_answered, on_changed };
	struct rtnl *r = NULL;
	sd_event *loop = NULL;

	(void)state;
	assert_int_equal(system("ip link add eth0 type veth peer name eth1 && ip link set eth0 up "
				"&& ip link set eth1 up && ip addr add 10.1.255.254/16 dev eth0"),
			 0);
	assert_true(sd_event_new(&loop) >= 0);
	assert_int_equal(rtnl_new(loop, &handlers, NULL, &r), 0);
	settle(loop);
	for (unsigned hops = 1; hops <= HOPS; hops += HOPS - 1) {
		changed = 0;
		add_route(hops);
		settle(loop);
		assert_in_range(changed, 1, 3);
	}
	rtnl_free(r);
	sd_event_unref(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_routes) };

	return cmocka_run_group_tests_name("rtnl", tests, enter_netns, NULL);
}
