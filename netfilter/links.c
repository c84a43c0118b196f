// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/array.h"
#include "agent/base/count.h"
#include "netfilter/links.h"
#include "netfilter/object.h"
#include "netfilter/route.h"

#define TRIES	   8
#define ATTRIBUTES IFLA_NEW_NETNSID /* the last that is looked at */

_Static_assert(IFLA_XDP <= ATTRIBUTES && IFLA_LINK_NETNSID <= ATTRIBUTES, "the last");

/* Of one link: what IFLA_LINKINFO says. */
struct info {
	const char *kind, *port_kind;
};

static struct info read_info(const struct nlattr *nest)
{
	const struct nlattr *a[IFLA_INFO_SLAVE_KIND + 1];

	if (!nest || object_sort_nested(nest, a, IFLA_INFO_SLAVE_KIND) < 0)
		return (struct info){ 0 };
	return (struct info){ object_text(a[IFLA_INFO_KIND]),
			      object_text(a[IFLA_INFO_SLAVE_KIND]) };
}

/* Hardware has no kind.  IFLA_LINK_NETNSID: the other side of the pair is elsewhere. */
static bool is_bottom(const struct info *info, const struct nlattr **a)
{
	if (!info->kind || !strcmp(info->kind, "wwan"))
		return true;
	return !strcmp(info->kind, "veth") && a[IFLA_LINK_NETNSID];
}

static bool is_of(const struct info *info, const char *const kinds[], size_t n)
{
	for (size_t i = 0; info->kind && i < n; i++)
		if (!strcmp(info->kind, kinds[i]))
			return true;
	return false;
}

/* Of what kinds VPNs are; a modem's link ("wwan", or PPP, which has none) is a way out as any
 * other. */
static bool is_tunnel(const struct info *info)
{
	static const char *const kinds[] = {
		"wireguard", "tun",    "ovpn",	 "xfrm",   "vti",	"vti6",	 "ipip",  "sit",
		"gre",	     "gretap", "ip6tnl", "ip6gre", "ip6gretap", "vxlan", "geneve"
	};

	return is_of(info, kinds, COUNT(kinds));
}

/* VirtualBox's driver has no kind, and makes nothing else. */
static bool is_inner(const struct info *info, const char *name)
{
	static const char *const kinds[] = { "bridge", "openvswitch", "veth", "netkit", "tun",
					     "ovpn",   "wireguard",   "xfrm", "vti",	"vti6" };

	return is_of(info, kinds, COUNT(kinds)) ||
	       (!info->kind && !strncmp(name, "vboxnet", strlen("vboxnet")));
}

/* What such a one sends into a bridge was sent by a guest of this host's, or by nobody. */
static bool is_guests(const struct info *info)
{
	static const char *const kinds[] = { "veth", "netkit", "tun", "dummy" };

	return is_of(info, kinds, COUNT(kinds));
}

static void read_sent(struct link *link, const struct nlattr *a)
{
	struct rtnl_link_stats64 s = { 0 };

	/* Newer kernels tell more, and older ones less than these; the first are the same. */
	if (!a || mnl_attr_get_payload_len(a) < offsetof(struct rtnl_link_stats64, rx_errors))
		return;
	memcpy(&s, mnl_attr_get_payload(a), offsetof(struct rtnl_link_stats64, rx_errors));
	link->sent_packets = s.tx_packets;
	link->sent_bytes = s.tx_bytes;
}

static void read_xdp(struct link *link, const struct nlattr *nest)
{
	const struct nlattr *a[IFLA_XDP_HW_PROG_ID + 1];
	const struct nlattr *at;

	if (!nest || object_sort_nested(nest, a, IFLA_XDP_HW_PROG_ID) < 0)
		return;
	at = a[IFLA_XDP_ATTACHED];
	link->has_xdp = at && mnl_attr_validate(at, MNL_TYPE_U8) == 0 &&
			mnl_attr_get_u8(at) != XDP_ATTACHED_NONE;
	for (int i = IFLA_XDP_PROG_ID; !link->xdp && i <= IFLA_XDP_HW_PROG_ID; i++) {
		if (a[i] && mnl_attr_validate(a[i], MNL_TYPE_U32) == 0)
			link->xdp = mnl_attr_get_u32(a[i]);
	}
}

static uint32_t number(const struct nlattr *a)
{
	return a && mnl_attr_validate(a, MNL_TYPE_U32) == 0 ? mnl_attr_get_u32(a) : 0;
}

/*
 * Where it is switched off, and where there is none at all, the kernel drops what comes of it
 * before all rules.
 */
static bool has_ipv6(const struct nlattr *families)
{
	const struct nlattr *of[AF_INET6 + 1], *a[IFLA_INET6_CONF + 1];
	int32_t off = 0;

	if (!families || object_sort_nested(families, of, AF_INET6) < 0 || !of[AF_INET6])
		return false;
	if (object_sort_nested(of[AF_INET6], a, IFLA_INET6_CONF) < 0 || !a[IFLA_INET6_CONF] ||
	    mnl_attr_get_payload_len(a[IFLA_INET6_CONF]) < (DEVCONF_DISABLE_IPV6 + 1) * sizeof(off))
		return true;
	memcpy(&off,
	       (const char *)mnl_attr_get_payload(a[IFLA_INET6_CONF]) +
		       DEVCONF_DISABLE_IPV6 * sizeof(off),
	       sizeof(off));
	return !off;
}

static bool sort_link(const struct nlmsghdr *h, const struct nlattr **a)
{
	const uint32_t head = MNL_ALIGN(sizeof(struct ifinfomsg));

	return mnl_nlmsg_get_payload_len(h) >= head &&
	       object_sort((const char *)mnl_nlmsg_get_payload(h) + head,
			   (uint32_t)mnl_nlmsg_get_payload_len(h) - head, a, ATTRIBUTES) == 0;
}

/* false: not about a link, or about loopback. */
static bool read_link(const struct nlmsghdr *h, const struct nlattr **a, struct link *ret)
{
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	const char *name;
	struct info info;

	if (!sort_link(h, a))
		return false;
	name = object_text(a[IFLA_IFNAME]);
	if (i->ifi_index == LINK_LOOPBACK || !name || strlen(name) >= IFNAMSIZ)
		return false;
	*ret = (struct link){ .index = (uint32_t)i->ifi_index,
			      .carrier = i->ifi_flags & LINK_CARRIER };
	memcpy(ret->name, name, strlen(name) + 1);
	info = read_info(a[IFLA_LINKINFO]);
	ret->bonded = info.port_kind && !strcmp(info.port_kind, "bond");
	ret->bottom = is_bottom(&info, a);
	ret->tunnel = is_tunnel(&info);
	ret->inner = is_inner(&info, name);
	ret->outer_of = is_guests(&info) ? 0 : number(a[IFLA_MASTER]);
	read_sent(ret, a[IFLA_STATS64]);
	read_xdp(ret, a[IFLA_XDP]);
	return true;
}

int links_take(struct links *l, const struct nlmsghdr *h)
{
	const struct nlattr *a[ATTRIBUTES + 1];
	struct link link, *p;

	if (h->nlmsg_type != RTM_NEWLINK || !sort_link(h, a))
		return 0;
	l->ipv6 |= has_ipv6(a[IFLA_AF_SPEC]);
	if (!read_link(h, a, &link))
		return 0;
	p = array_grow(l->list, l->n, &l->room, sizeof(*p));
	if (!p)
		return -ENOMEM;
	l->list = p;
	l->list[l->n++] = link;
	l->sorted = false;
	return 0;
}

bool links_moved(const struct nlmsghdr *h, struct link *ret)
{
	const struct nlattr *a[ATTRIBUTES + 1];
	struct link link;

	if (h->nlmsg_type != RTM_DELLINK || !read_link(h, a, &link) || !a[IFLA_NEW_NETNSID])
		return false;
	*ret = link;
	return true;
}

static int take_link(void *links, const struct nlmsghdr *h)
{
	return links_take(links, h);
}

static int ask(struct links *l)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
	} q = { { .nlmsg_len = sizeof(q), .nlmsg_type = RTM_GETLINK },
		{ .ifi_family = AF_UNSPEC } };

	return route_dump(NETLINK_ROUTE, &q.h, take_link, l);
}

static int compare(const void *x, const void *y)
{
	return strcmp(((const struct link *)x)->name, ((const struct link *)y)->name);
}

static void sort(struct links *l)
{
	if (l->n)
		qsort(l->list, l->n, sizeof(*l->list), compare);
	l->sorted = true;
}

/* Who has one link to the world among its ports is one. */
static void mark_outer(struct links *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const uint32_t master = l->list[i].outer_of;

		for (size_t k = 0; master && k < l->n; k++)
			if (l->list[k].index == master)
				l->list[k].inner = false;
	}
}

int links_read(struct links *ret, struct fault *fault)
{
	struct links l = { 0 };
	int r = -EINTR;

	/* Links that come and go meanwhile make the list worthless. */
	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		l.n = 0;
		l.ipv6 = false;
		r = ask(&l);
	}
	if (r < 0) {
		links_free(&l);
		return fault_set(fault, r, "cannot list the network links: %s", strerror(-r));
	}
	mark_outer(&l);
	sort(&l);
	*ret = l;
	return 0;
}

void links_free(struct links *l)
{
	free(l->list);
	*l = (struct links){ 0 };
}

const struct link *links_find(const struct links *l, const char *name)
{
	struct link key = { 0 };

	if (l->sorted && l->n && strlen(name) < sizeof(key.name)) {
		memcpy(key.name, name, strlen(name));
		return bsearch(&key, l->list, l->n, sizeof(*l->list), compare);
	}
	for (size_t i = 0; i < l->n; i++) {
		if (!strcmp(l->list[i].name, name))
			return &l->list[i];
	}
	return NULL;
}
