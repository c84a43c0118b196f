// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netfilter/detour.h"
#include "netfilter/links.h"
#include "netfilter/object.h"
#include "netfilter/route.h"

#define DETOUR_PROTOCOL 177 /* of linux/rtnetlink.h's: nobody's */
#define DETOUR_METRIC	1000
#define WAYS_MAX	16
#define MESSAGE_ROOM	256

static const uint8_t families[] = { AF_INET, AF_INET6 };

/* A default route by one link. */
struct way {
	uint8_t family;
	bool routed, sourced; /* it has a router; the address that packets are to come from */
	uint32_t link, metric;
	uint8_t router[16], source[16];
};

struct ways {
	uint32_t table;
	const struct links *links; /* tunnels among them are no way; NULL: any is one */
	struct way at[WAYS_MAX];
	size_t n;
};

static bool take_address(const struct way *w, const struct nlattr *a, uint8_t ret[16])
{
	const size_t len = w->family == AF_INET ? 4 : 16;

	if (!a || mnl_attr_get_payload_len(a) != len)
		return false;
	memcpy(ret, mnl_attr_get_payload(a), len);
	return true;
}

static uint32_t number(const struct nlattr *a, uint32_t otherwise)
{
	return a && mnl_attr_validate(a, MNL_TYPE_U32) == 0 ? mnl_attr_get_u32(a) : otherwise;
}

static bool into_tunnel(const struct links *links, uint32_t index)
{
	for (size_t i = 0; links && i < links->n; i++)
		if (links->list[i].index == index)
			return links->list[i].tunnel;
	return false;
}

/* The attributes of a route, behind its head. */
static int sort_route(const struct nlmsghdr *h, const struct nlattr *a[RTA_TABLE + 1])
{
	const uint32_t head = MNL_ALIGN(sizeof(struct rtmsg));
	const uint32_t len = (uint32_t)mnl_nlmsg_get_payload_len(h);

	if (h->nlmsg_type != RTM_NEWROUTE || len < head)
		return -EBADMSG;
	return object_sort((const char *)mnl_nlmsg_get_payload(h) + head, len - head, a, RTA_TABLE);
}

/* One that has several routers at a time is passed over, and so is one that is down. */
static int take_way(void *ctx, const struct nlmsghdr *h)
{
	struct ways *ways = ctx;
	const struct rtmsg *route = mnl_nlmsg_get_payload(h);
	const struct nlattr *a[RTA_TABLE + 1];
	struct way w = { 0 };

	if (sort_route(h, a) < 0 || route->rtm_dst_len || route->rtm_type != RTN_UNICAST ||
	    route->rtm_flags & (RTM_F_CLONED | RTNH_F_DEAD) || !a[RTA_OIF] ||
	    number(a[RTA_TABLE], route->rtm_table) != ways->table || ways->n == WAYS_MAX)
		return 0;
	w.family = route->rtm_family;
	w.link = number(a[RTA_OIF], 0);
	w.metric = number(a[RTA_PRIORITY], 0);
	w.routed = take_address(&w, a[RTA_GATEWAY], w.router);
	w.sourced = take_address(&w, a[RTA_PREFSRC], w.source);
	if ((w.family == AF_INET || w.family == AF_INET6) && !into_tunnel(ways->links, w.link))
		ways->at[ways->n++] = w;
	return 0;
}

static int read_ways(struct ways *ways)
{
	struct {
		struct nlmsghdr h;
		struct rtmsg route;
	} question = { { .nlmsg_len = sizeof(question), .nlmsg_type = RTM_GETROUTE },
		       { .rtm_family = AF_UNSPEC } };
	int r = -EINTR;

	for (int i = 0; i < 4 && r == -EINTR; i++) {
		ways->n = 0;
		r = route_dump(NETLINK_ROUTE, &question.h, take_way, ways);
	}
	return r;
}

static int compare(const void *x, const void *y)
{
	const struct way *a = x, *b = y;

	if (a->family != b->family)
		return a->family - b->family;
	return a->metric < b->metric ? -1 : a->metric > b->metric;
}

/* As the main table has them; there two may have the same metric, and here none has another's. */
static int find_ways(struct ways *ways, struct fault *fault)
{
	_drop_(links_free) struct links links = { 0 };
	int r = links_read(&links, fault);

	if (r < 0)
		return r;
	*ways = (struct ways){ .table = RT_TABLE_MAIN, .links = &links };
	r = read_ways(ways);
	if (r < 0)
		return fault_set(fault, r, "cannot list the default routes: %s", strerror(-r));
	ways->links = NULL;
	qsort(ways->at, ways->n, sizeof(*ways->at), compare);
	for (size_t i = 0; i < ways->n; i++)
		ways->at[i].metric = DETOUR_METRIC + (uint32_t)i;
	return 0;
}

static int tell_route(const struct way *w, uint16_t type, uint16_t flags)
{
	_Alignas(NLMSG_ALIGNTO) char buf[MESSAGE_ROOM];
	const size_t len = w->family == AF_INET ? 4 : 16;
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(h, sizeof(*route));

	h->nlmsg_type = type;
	*route = (struct rtmsg){ .rtm_family = w->family,
				 .rtm_protocol = DETOUR_PROTOCOL,
				 .rtm_scope = w->routed ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
				 .rtm_type = RTN_UNICAST,
				 .rtm_flags = w->routed ? RTNH_F_ONLINK : 0 };
	mnl_attr_put_u32(h, RTA_TABLE, DETOUR_TABLE);
	mnl_attr_put_u32(h, RTA_OIF, w->link);
	mnl_attr_put_u32(h, RTA_PRIORITY, w->metric);
	if (w->routed)
		mnl_attr_put(h, RTA_GATEWAY, len, w->router);
	if (w->sourced)
		mnl_attr_put(h, RTA_PREFSRC, len, w->source);
	return route_tell(h, flags, NULL, NULL);
}

/* First what is more than pieces of a default route, as ever, then the ways that are ours. */
static int tell_rule(uint8_t family, bool ours, uint16_t type, uint16_t flags)
{
	_Alignas(NLMSG_ALIGNTO) char buf[MESSAGE_ROOM] = { 0 }; /* what pads attributes, too */
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct fib_rule_hdr *rule = mnl_nlmsg_put_extra_header(h, sizeof(*rule));

	h->nlmsg_type = type;
	*rule = (struct fib_rule_hdr){ .family = family, .action = FR_ACT_TO_TBL };
	mnl_attr_put_u32(h, FRA_PRIORITY, DETOUR_PRIORITY + ours);
	mnl_attr_put_u32(h, FRA_TABLE, ours ? DETOUR_TABLE : RT_TABLE_MAIN);
	mnl_attr_put_u8(h, FRA_PROTOCOL, DETOUR_PROTOCOL);
	if (!ours)
		mnl_attr_put_u32(h, FRA_SUPPRESS_PREFIXLEN, DETOUR_WIDE);
	return route_tell(h, flags, NULL, NULL);
}

static int lift_rules(uint8_t family)
{
	int r = 0;

	/* The second before the first: what it leads past is then as it was. */
	for (int ours = 1; r == 0 && ours >= 0; ours--) {
		r = tell_rule(family, ours, RTM_DELRULE, 0);
		/* A host without IPv6 has none to lift. */
		if (r == -ENOENT || r == -EAFNOSUPPORT || r == -EOPNOTSUPP)
			r = 0;
	}
	return r;
}

static int lay_rules(uint8_t family)
{
	int r = 0;

	for (int ours = 0; r == 0 && ours < 2; ours++) {
		r = tell_rule(family, ours, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL);
		if (r == -EEXIST)
			r = 0;
	}
	return r;
}

static bool same(const struct way *a, const struct way *b)
{
	return a->family == b->family && a->link == b->link && a->metric == b->metric &&
	       a->routed == b->routed && !memcmp(a->router, b->router, sizeof(a->router)) &&
	       a->sourced == b->sourced && !memcmp(a->source, b->source, sizeof(a->source));
}

static bool has(const struct ways *ways, const struct way *one)
{
	for (size_t i = 0; i < ways->n; i++)
		if (same(&ways->at[i], one))
			return true;
	return false;
}

static bool has_family(const struct ways *ways, uint8_t family)
{
	for (size_t i = 0; i < ways->n; i++)
		if (ways->at[i].family == family)
			return true;
	return false;
}

/* From the ways that are laid to those that are wanted. */
static int change(const struct ways *laid, const struct ways *wanted)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < laid->n; i++) {
		if (!has(wanted, &laid->at[i]))
			r = tell_route(&laid->at[i], RTM_DELROUTE, 0);
		if (r == -ESRCH) /* the kernel was first: its link is gone */
			r = 0;
	}
	for (size_t i = 0; r == 0 && i < wanted->n; i++)
		if (!has(laid, &wanted->at[i]))
			r = tell_route(&wanted->at[i], RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
	return r;
}

/* Ways before rules: a rule that leads nowhere would cut off what goes elsewhere now. */
static int bring_to(const struct ways *wanted, struct fault *fault)
{
	struct ways laid = { .table = DETOUR_TABLE };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(families); i++)
		if (!has_family(wanted, families[i]))
			r = lift_rules(families[i]);
	if (r == 0)
		r = read_ways(&laid);
	if (r == 0)
		r = change(&laid, wanted);
	for (size_t i = 0; r == 0 && i < sizeof(families); i++)
		if (has_family(wanted, families[i]))
			r = lay_rules(families[i]);
	return r < 0 ? fault_set(fault, r, "cannot change the routes: %s", strerror(-r)) : 0;
}

int detour_lay(struct fault *fault)
{
	struct ways wanted;
	int r = find_ways(&wanted, fault);

	if (r == 0)
		r = bring_to(&wanted, fault);
	return r < 0 ? r : wanted.n > 0;
}

int detour_lift(struct fault *fault)
{
	const struct ways none = { 0 };

	return bring_to(&none, fault);
}

static int take_link(void *link, const struct nlmsghdr *h)
{
	const struct nlattr *a[RTA_TABLE + 1];

	if (sort_route(h, a) == 0)
		*(uint32_t *)link = number(a[RTA_OIF], 0);
	return 0;
}

int detour_tunnel(uint8_t family, const uint8_t *addr, char name[IFNAMSIZ], struct fault *fault)
{
	_Alignas(NLMSG_ALIGNTO) char buf[MESSAGE_ROOM];
	const size_t len = family == AF_INET ? 4 : 16;
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(h, sizeof(*route));
	_drop_(links_free) struct links links = { 0 };
	uint32_t index = 0;
	int r;

	h->nlmsg_type = RTM_GETROUTE;
	*route = (struct rtmsg){ .rtm_family = family, .rtm_dst_len = (uint8_t)(len * 8) };
	mnl_attr_put(h, RTA_DST, len, addr);
	r = route_tell(h, 0, take_link, &index);
	if (r == 0)
		r = links_read(&links, fault);
	if (r < 0) /* no way at all, for instance */
		return fault_set(fault, r, "cannot find out the way: %s", strerror(-r));
	for (size_t i = 0; i < links.n; i++) {
		if (links.list[i].index != index || !links.list[i].tunnel)
			continue;
		memcpy(name, links.list[i].name, IFNAMSIZ);
		return 1;
	}
	return 0;
}
