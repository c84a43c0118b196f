// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "netfilter/detour.h"
#include "netfilter/links.h"
#include "netfilter/route.h"
#include "netfilter/uplinks.h"

#define DETOUR_PROTOCOL 177 /* of linux/rtnetlink.h's: nobody's */
#define DETOUR_METRIC	1000
#define MESSAGE_ROOM	256

static const uint8_t families[] = { AF_INET, AF_INET6 };

static int tell_route(const struct uplink *w, uint16_t type, uint16_t flags)
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

/* From the uplinks that are laid to those that are wanted. */
static int change(const struct uplinks *laid, const struct uplinks *wanted)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < laid->n; i++) {
		if (!uplinks_have(wanted, &laid->at[i]))
			r = tell_route(&laid->at[i], RTM_DELROUTE, 0);
		if (r == -ESRCH) /* the kernel was first: its link is gone */
			r = 0;
	}
	for (size_t i = 0; r == 0 && i < wanted->n; i++)
		if (!uplinks_have(laid, &wanted->at[i]))
			r = tell_route(&wanted->at[i], RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
	return r;
}

/* Routes before rules: a rule that leads nowhere would cut off what goes elsewhere now. */
static int bring_to(const struct uplinks *wanted, struct fault *fault)
{
	struct uplinks laid = { .table = DETOUR_TABLE };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(families); i++)
		if (!uplinks_have_family(wanted, families[i]))
			r = lift_rules(families[i]);
	if (r == 0)
		r = uplinks_read(&laid, fault);
	if (r == 0)
		r = change(&laid, wanted);
	for (size_t i = 0; r == 0 && i < sizeof(families); i++)
		if (uplinks_have_family(wanted, families[i]))
			r = lay_rules(families[i]);
	return r < 0 ? fault_set(fault, r, "cannot change the routes: %s", strerror(-r)) : 0;
}

/* Of the uplinks two may have the same metric; here none has another's. */
static int find_wanted(struct uplinks *ret, struct fault *fault)
{
	int r = uplinks_find(ret, fault);

	for (size_t i = 0; r == 0 && i < ret->n; i++)
		ret->at[i].metric = DETOUR_METRIC + (uint32_t)i;
	return r;
}

int detour_lay(struct fault *fault)
{
	struct uplinks wanted;
	int r = find_wanted(&wanted, fault);

	if (r == 0)
		r = bring_to(&wanted, fault);
	return r < 0 ? r : wanted.n > 0;
}

int detour_lift(struct fault *fault)
{
	const struct uplinks none = { 0 };

	return bring_to(&none, fault);
}

static int take_link(void *link, const struct nlmsghdr *h)
{
	*(uint32_t *)link = uplinks_named(h);
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
