// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "netfilter/gateways.h"
#include "netfilter/object.h"
#include "netfilter/route.h"

#define TRIES 4
/* A route that is kept though its link has no carrier leads nowhere (linux/rtnetlink.h). */
#define NO_WAY (RTNH_F_DEAD | RTNH_F_LINKDOWN)

static size_t addr_len(uint8_t family)
{
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

/* Is it that router, as far as both are known? */
static bool is_same(const struct gateway *a, const struct gateway *b)
{
	if (a->link != b->link || a->family != b->family ||
	    memcmp(a->addr, b->addr, sizeof(a->addr)) != 0)
		return false;
	return !a->n_hardware || !b->n_hardware ||
	       (a->n_hardware == b->n_hardware && !memcmp(a->hardware, b->hardware, a->n_hardware));
}

static void add(struct gateways *g, uint32_t link, uint8_t family, const struct nlattr *addr)
{
	struct gateway one = { .link = link, .family = family };
	size_t len = addr_len(family);

	if (!addr || !len || mnl_attr_get_payload_len(addr) != len)
		return;
	memcpy(one.addr, mnl_attr_get_payload(addr), len);
	for (size_t i = 0; i < g->n; i++)
		if (is_same(&g->at[i], &one))
			return;
	if (g->n < GATEWAYS_MAX)
		g->at[g->n++] = one;
}

/* rtnetlink(7), RTA_MULTIPATH: struct rtnexthop, each followed by attributes of its own. */
static void add_paths(struct gateways *g, uint8_t family, const struct nlattr *paths)
{
	const char *at = mnl_attr_get_payload(paths);
	size_t left = mnl_attr_get_payload_len(paths);

	while (left >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *hop = (const void *)at;
		const struct nlattr *a[RTA_GATEWAY + 1];
		size_t len = hop->rtnh_len;

		if (len < sizeof(*hop) || len > left)
			return;
		if (!(hop->rtnh_flags & NO_WAY) &&
		    object_sort(at + sizeof(*hop), (uint32_t)(len - sizeof(*hop)), a,
				RTA_GATEWAY) == 0)
			add(g, (uint32_t)hop->rtnh_ifindex, family, a[RTA_GATEWAY]);
		len = RTNH_ALIGN(len);
		if (len > left)
			return;
		at += len;
		left -= len;
	}
}

void gateways_take_route(struct gateways *g, const struct nlmsghdr *h)
{
	const uint32_t head = MNL_ALIGN(sizeof(struct rtmsg));
	const struct rtmsg *route = mnl_nlmsg_get_payload(h);
	const struct nlattr *a[RTA_MULTIPATH + 1];

	if (h->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(h) < head ||
	    route->rtm_dst_len || route->rtm_type != RTN_UNICAST ||
	    route->rtm_table != RT_TABLE_MAIN || route->rtm_flags & (RTM_F_CLONED | NO_WAY) ||
	    object_sort((const char *)route + head, (uint32_t)mnl_nlmsg_get_payload_len(h) - head,
			a, RTA_MULTIPATH) < 0)
		return;
	if (a[RTA_OIF] && mnl_attr_validate(a[RTA_OIF], MNL_TYPE_U32) == 0)
		add(g, mnl_attr_get_u32(a[RTA_OIF]), route->rtm_family, a[RTA_GATEWAY]);
	if (a[RTA_MULTIPATH])
		add_paths(g, route->rtm_family, a[RTA_MULTIPATH]);
}

void gateways_take_neighbour(struct gateways *g, const struct nlmsghdr *h)
{
	const uint32_t head = MNL_ALIGN(sizeof(struct ndmsg));
	const struct ndmsg *n = mnl_nlmsg_get_payload(h);
	const struct nlattr *a[NDA_LLADDR + 1];
	size_t len;

	if (h->nlmsg_type != RTM_NEWNEIGH || mnl_nlmsg_get_payload_len(h) < head ||
	    n->ndm_state & (NUD_INCOMPLETE | NUD_FAILED) ||
	    object_sort((const char *)n + head, (uint32_t)mnl_nlmsg_get_payload_len(h) - head, a,
			NDA_LLADDR) < 0)
		return;
	len = addr_len(n->ndm_family);
	if (!len || !a[NDA_DST] || mnl_attr_get_payload_len(a[NDA_DST]) != len || !a[NDA_LLADDR] ||
	    mnl_attr_get_payload_len(a[NDA_LLADDR]) > GATEWAY_HARDWARE)
		return;
	for (size_t i = 0; i < g->n; i++) {
		struct gateway *one = &g->at[i];

		if (one->link != (uint32_t)n->ndm_ifindex || one->family != n->ndm_family ||
		    memcmp(one->addr, mnl_attr_get_payload(a[NDA_DST]), len) != 0)
			continue;
		one->n_hardware = (uint8_t)mnl_attr_get_payload_len(a[NDA_LLADDR]);
		memcpy(one->hardware, mnl_attr_get_payload(a[NDA_LLADDR]), one->n_hardware);
	}
}

static int take_route(void *g, const struct nlmsghdr *h)
{
	gateways_take_route(g, h);
	return 0;
}

static int take_neighbour(void *g, const struct nlmsghdr *h)
{
	gateways_take_neighbour(g, h);
	return 0;
}

static int ask(struct gateways *g)
{
	struct {
		struct nlmsghdr h;
		struct rtmsg route;
	} routes = { { .nlmsg_len = sizeof(routes), .nlmsg_type = RTM_GETROUTE },
		     { .rtm_family = AF_UNSPEC, .rtm_table = RT_TABLE_MAIN } };
	struct {
		struct nlmsghdr h;
		struct ndmsg n;
	} neighbours = { { .nlmsg_len = sizeof(neighbours), .nlmsg_type = RTM_GETNEIGH },
			 { .ndm_family = AF_UNSPEC } };
	int r = route_dump(NETLINK_ROUTE, &routes.h, take_route, g);

	return r < 0 || !g->n ? r : route_dump(NETLINK_ROUTE, &neighbours.h, take_neighbour, g);
}

int gateways_read(struct gateways *ret, struct fault *fault)
{
	struct gateways g;
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		g.n = 0;
		r = ask(&g);
	}
	if (r < 0)
		return fault_set(fault, r, "cannot list the default routes: %s", strerror(-r));
	*ret = g;
	return 0;
}

bool gateways_answered(const struct gateways *g, const struct nlmsghdr *h)
{
	struct gateways now = *g;

	gateways_take_neighbour(&now, h);
	return memcmp(&now, g, sizeof(now)) != 0;
}

static bool has(const struct gateways *g, const struct gateway *one)
{
	for (size_t i = 0; i < g->n; i++)
		if (is_same(&g->at[i], one))
			return true;
	return false;
}

static bool stays(const struct gateways *was, const struct gateways *is, uint32_t link)
{
	for (size_t i = 0; i < is->n; i++)
		if (is->at[i].link == link && has(was, &is->at[i]))
			return true;
	return false;
}

bool gateways_moved(const struct gateways *was, const struct gateways *is)
{
	for (size_t i = 0; i < is->n; i++)
		if (!stays(was, is, is->at[i].link))
			return true;
	return false;
}

/* A router whose address aged out of the kernel's table is still the one it was. */
static void keep_hardware(const struct gateways *known, struct gateway *one)
{
	for (size_t i = 0; i < known->n && !one->n_hardware; i++)
		if (is_same(&known->at[i], one))
			*one = known->at[i];
}

void gateways_learn(struct gateways *known, const struct gateways *is)
{
	struct gateways new = *is;

	for (size_t i = 0; i < new.n; i++)
		keep_hardware(known, &new.at[i]);
	for (size_t i = 0; i < known->n && new.n < GATEWAYS_MAX; i++) {
		bool has_some = false;

		for (size_t k = 0; k < is->n; k++)
			has_some |= is->at[k].link == known->at[i].link;
		if (!has_some)
			new.at[new.n++] = known->at[i];
	}
	*known = new;
}

bool gateways_part(struct gateways *known, uint32_t link)
{
	size_t n = 0, was = known->n;

	for (size_t i = 0; i < known->n; i++)
		if (known->at[i].link != link)
			known->at[n++] = known->at[i];
	known->n = n;
	return n < was;
}
