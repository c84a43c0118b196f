// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_xdp.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/xdp_diag.h>

#include "agent/base/array.h"
#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "netfilter/bypass.h"
#include "netfilter/links.h"
#include "netfilter/object.h"
#include "netfilter/route.h"

#define TRIES 8

static int add(struct bypasses *b, const struct bypass *one)
{
	struct bypass *p;

	for (size_t i = 0; i < b->n; i++) {
		if (b->list[i].kind == one->kind && b->list[i].link == one->link)
			return 0;
	}
	p = array_grow(b->list, b->n, &b->room, sizeof(*p));
	if (!p)
		return -ENOMEM;
	b->list = p;
	b->list[b->n++] = *one;
	return 0;
}

void bypass_free(struct bypasses *b)
{
	free(b->list);
	*b = (struct bypasses){ 0 };
}

static void drop_disciplines(struct disciplines *d)
{
	free(d->list);
}

/* Head and attributes of a message of traffic control; NULL: it is none. */
static const struct tcmsg *read_tc(const struct nlmsghdr *h, uint16_t type, const struct nlattr **a)
{
	const uint32_t head = MNL_ALIGN(sizeof(struct tcmsg));
	const struct tcmsg *t = mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type != type || mnl_nlmsg_get_payload_len(h) < head ||
	    object_sort((const char *)t + head, (uint32_t)mnl_nlmsg_get_payload_len(h) - head, a,
			TCA_KIND) < 0)
		return NULL;
	return t;
}

static void copy_kind(char *to, size_t room, const struct nlattr *a)
{
	const char *kind = object_text(a);

	snprintf(to, room, "%s", kind ? kind : "");
}

int bypass_take_discipline(struct disciplines *d, const struct nlmsghdr *h)
{
	const struct nlattr *a[TCA_KIND + 1];
	const struct tcmsg *t = read_tc(h, RTM_NEWQDISC, a);
	struct discipline *p, *one;

	/* Without a handle nothing can be hung at it, but at the root. */
	if (!t || (!t->tcm_handle && t->tcm_parent != TC_H_ROOT))
		return 0;
	p = array_grow(d->list, d->n, &d->room, sizeof(*p));
	if (!p)
		return -ENOMEM;
	d->list = p;
	one = &d->list[d->n++];
	*one = (struct discipline){ .link = (uint32_t)t->tcm_ifindex,
				    .handle = t->tcm_handle,
				    .parent = t->tcm_parent };
	copy_kind(one->kind, sizeof(one->kind), a[TCA_KIND]);
	return 0;
}

static int take_discipline(void *ctx, const struct nlmsghdr *h)
{
	return bypass_take_discipline(ctx, h);
}

int bypass_take_filter(struct bypasses *b, const struct nlmsghdr *h)
{
	const struct nlattr *a[TCA_KIND + 1];
	const struct tcmsg *t = read_tc(h, RTM_NEWTFILTER, a);
	struct bypass one = { .kind = BYPASS_TC };

	if (!t)
		return 0;
	one.link = (uint32_t)t->tcm_ifindex;
	copy_kind(one.name, sizeof(one.name), a[TCA_KIND]);
	return add(b, &one);
}

static int take_filter(void *ctx, const struct nlmsghdr *h)
{
	return bypass_take_filter(ctx, h);
}

/* A dump of traffic control: of all disciplines, or of the filters at one. */
static int dump_tc(uint16_t type, uint32_t link, uint32_t parent, route_each each, void *ctx)
{
	struct {
		struct nlmsghdr h;
		struct tcmsg t;
	} q = { { .nlmsg_len = sizeof(q), .nlmsg_type = type },
		{ .tcm_family = AF_UNSPEC, .tcm_ifindex = (int)link, .tcm_parent = parent } };

	return route_dump(NETLINK_ROUTE, &q.h, each, ctx);
}

static int read_filters(const struct discipline *d, struct bypasses *b)
{
	static const uint32_t ways[] = { TC_H_MIN_INGRESS, TC_H_MIN_EGRESS };
	int r = 0;

	if (strcmp(d->kind, "clsact") && strcmp(d->kind, "ingress"))
		return dump_tc(RTM_GETTFILTER, d->link, d->handle, take_filter, b);
	for (size_t i = 0; r == 0 && i < COUNT(ways); i++)
		r = dump_tc(RTM_GETTFILTER, d->link, TC_H_MAKE(TC_H_CLSACT, ways[i]), take_filter,
			    b);
	return r;
}

/* What the kernel says when it has no traffic control, or when the link is gone by now. */
static bool is_absent(int r)
{
	return r == -EOPNOTSUPP || r == -ENODEV || r == -EINVAL || r == -ENOENT;
}

static int read_tc_filters(struct bypasses *b)
{
	_drop_(drop_disciplines) struct disciplines all = { 0 };
	int r = dump_tc(RTM_GETQDISC, 0, 0, take_discipline, &all);

	for (size_t i = 0; r == 0 && i < all.n; i++) {
		r = read_filters(&all.list[i], b);
		r = is_absent(r) ? 0 : r;
	}
	return is_absent(r) ? 0 : r;
}

int bypass_take_socket(struct bypasses *b, const struct nlmsghdr *h)
{
	const uint32_t head = MNL_ALIGN(sizeof(struct xdp_diag_msg));
	const struct nlattr *a[XDP_DIAG_UID + 1];
	const struct xdp_diag_msg *m = mnl_nlmsg_get_payload(h);
	struct bypass one = { .kind = BYPASS_SOCKET };
	struct xdp_diag_info info;

	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY || mnl_nlmsg_get_payload_len(h) < head ||
	    m->xdiag_family != AF_XDP ||
	    object_sort((const char *)m + head, (uint32_t)mnl_nlmsg_get_payload_len(h) - head, a,
			XDP_DIAG_UID) < 0)
		return 0;
	if (!a[XDP_DIAG_INFO] || mnl_attr_get_payload_len(a[XDP_DIAG_INFO]) < sizeof(info))
		return 0;
	memcpy(&info, mnl_attr_get_payload(a[XDP_DIAG_INFO]), sizeof(info));
	if (a[XDP_DIAG_UID] && mnl_attr_validate(a[XDP_DIAG_UID], MNL_TYPE_U32) == 0)
		one.number = mnl_attr_get_u32(a[XDP_DIAG_UID]);
	one.link = info.ifindex;
	return one.link ? add(b, &one) : 0; /* bound to none, it sends nothing */
}

static int take_socket(void *ctx, const struct nlmsghdr *h)
{
	return bypass_take_socket(ctx, h);
}

static int read_sockets(struct bypasses *b)
{
	struct {
		struct nlmsghdr h;
		struct xdp_diag_req r;
	} q = { { .nlmsg_len = sizeof(q), .nlmsg_type = SOCK_DIAG_BY_FAMILY },
		{ .sdiag_family = AF_XDP, .xdiag_show = XDP_SHOW_INFO } };
	int r = route_dump(NETLINK_SOCK_DIAG, &q.h, take_socket, b);

	return is_absent(r) || r == -EPROTONOSUPPORT ? 0 : r;
}

static int read_all(const struct links *links, struct bypasses *b)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < links->n; i++) {
		const struct link *l = &links->list[i];

		if (l->has_xdp)
			r = add(b, &(struct bypass){ .kind = BYPASS_XDP,
						     .link = l->index,
						     .number = l->xdp });
	}
	if (r == 0)
		r = read_tc_filters(b);
	if (r == 0)
		r = read_sockets(b);
	return r;
}

int bypass_read(const struct links *links, struct bypasses *ret, struct fault *fault)
{
	struct bypasses b = { 0 };
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		b.n = 0;
		r = read_all(links, &b);
	}
	if (r < 0) {
		bypass_free(&b);
		return fault_set(fault, r, "cannot list what goes past netfilter: %s",
				 strerror(-r));
	}
	*ret = b;
	return 0;
}
