// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netfilter/links.h"
#include "netfilter/object.h"
#include "netfilter/route.h"
#include "netfilter/uplinks.h"

#define TRIES 4

static bool take_address(const struct uplink *w, const struct nlattr *a, uint8_t ret[16])
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

void uplinks_take(struct uplinks *u, const struct nlmsghdr *h)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(h);
	const struct nlattr *a[RTA_TABLE + 1];
	struct uplink w = { 0 };

	if (sort_route(h, a) < 0 || route->rtm_dst_len || route->rtm_type != RTN_UNICAST ||
	    route->rtm_flags & (RTM_F_CLONED | RTNH_F_DEAD) || !a[RTA_OIF] ||
	    number(a[RTA_TABLE], route->rtm_table) != u->table || u->n == UPLINKS_MAX)
		return;
	w.family = route->rtm_family;
	w.link = number(a[RTA_OIF], 0);
	w.metric = number(a[RTA_PRIORITY], 0);
	w.routed = take_address(&w, a[RTA_GATEWAY], w.router);
	w.sourced = take_address(&w, a[RTA_PREFSRC], w.source);
	if ((w.family == AF_INET || w.family == AF_INET6) && !into_tunnel(u->links, w.link))
		u->at[u->n++] = w;
}

static int take_each(void *uplinks, const struct nlmsghdr *h)
{
	uplinks_take(uplinks, h);
	return 0;
}

int uplinks_read(struct uplinks *u, struct fault *fault)
{
	struct {
		struct nlmsghdr h;
		struct rtmsg route;
	} question = { { .nlmsg_len = sizeof(question), .nlmsg_type = RTM_GETROUTE },
		       { .rtm_family = AF_UNSPEC } };
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		u->n = 0;
		r = route_dump(NETLINK_ROUTE, &question.h, take_each, u);
	}
	return r < 0 ? fault_set(fault, r, "cannot list the default routes: %s", strerror(-r)) : 0;
}

static int compare(const void *x, const void *y)
{
	const struct uplink *a = x, *b = y;

	if (a->family != b->family)
		return a->family - b->family;
	return a->metric < b->metric ? -1 : a->metric > b->metric;
}

int uplinks_find(struct uplinks *u, struct fault *fault)
{
	_drop_(links_free) struct links links = { 0 };
	int r = links_read(&links, fault);

	if (r < 0)
		return r;
	*u = (struct uplinks){ .table = RT_TABLE_MAIN, .links = &links };
	r = uplinks_read(u, fault);
	u->links = NULL;
	qsort(u->at, u->n, sizeof(*u->at), compare);
	return r;
}

static bool same(const struct uplink *a, const struct uplink *b)
{
	return a->family == b->family && a->link == b->link && a->metric == b->metric &&
	       a->routed == b->routed && !memcmp(a->router, b->router, sizeof(a->router)) &&
	       a->sourced == b->sourced && !memcmp(a->source, b->source, sizeof(a->source));
}

bool uplinks_have(const struct uplinks *u, const struct uplink *one)
{
	for (size_t i = 0; i < u->n; i++)
		if (same(&u->at[i], one))
			return true;
	return false;
}

bool uplinks_have_family(const struct uplinks *u, uint8_t family)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->at[i].family == family)
			return true;
	return false;
}

uint32_t uplinks_named(const struct nlmsghdr *h)
{
	const struct nlattr *a[RTA_TABLE + 1];

	return sort_route(h, a) == 0 ? number(a[RTA_OIF], 0) : 0;
}
