// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h> /* before the kernel's own */
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/netfilter.h>
#include <linux/rtnetlink.h>

#include "agent/base/array.h"
#include "netfilter/addresses.h"
#include "netfilter/object.h"
#include "netfilter/route.h"

#define TRIES 4

static bool is_loopback(const struct address *a)
{
	return a->family == NFPROTO_IPV4
		       ? a->bytes[0] == IN_LOOPBACKNET
		       : !memcmp(a->bytes, &in6addr_loopback, sizeof(in6addr_loopback));
}

/* Of a link with a peer, IFA_ADDRESS is the peer's. */
static bool read_address(const struct nlmsghdr *h, struct address *ret)
{
	const uint32_t head = MNL_ALIGN(sizeof(struct ifaddrmsg));
	const struct ifaddrmsg *i = mnl_nlmsg_get_payload(h);
	const struct nlattr *a[IFA_LOCAL + 1], *own;
	size_t len;

	if (h->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(h) < head ||
	    (i->ifa_family != AF_INET && i->ifa_family != AF_INET6) ||
	    object_sort((const char *)i + head, (uint32_t)mnl_nlmsg_get_payload_len(h) - head, a,
			IFA_LOCAL) < 0)
		return false;
	own = a[IFA_LOCAL] ? a[IFA_LOCAL] : a[IFA_ADDRESS];
	len = i->ifa_family == AF_INET ? 4 : 16;
	if (!own || mnl_attr_get_payload_len(own) != len)
		return false;
	*ret = (struct address){ .family = len == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6 };
	memcpy(ret->bytes, mnl_attr_get_payload(own), len);
	return !is_loopback(ret);
}

int addresses_take(struct addresses *a, const struct nlmsghdr *h)
{
	struct address one, *p;

	if (!read_address(h, &one))
		return 0;
	a->more |= a->n == ADDRESSES_MAX;
	if (a->more)
		return 0;
	p = array_grow(a->list, a->n, &a->room, sizeof(*p));
	if (!p)
		return -ENOMEM;
	a->list = p;
	a->list[a->n++] = one;
	return 0;
}

static int take(void *addresses, const struct nlmsghdr *h)
{
	return addresses_take(addresses, h);
}

int addresses_read(struct addresses *ret, struct fault *fault)
{
	struct {
		struct nlmsghdr h;
		struct ifaddrmsg i;
	} q = { { .nlmsg_len = sizeof(q), .nlmsg_type = RTM_GETADDR },
		{ .ifa_family = AF_UNSPEC } };
	struct addresses a = { 0 };
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		a.n = 0;
		a.more = false;
		r = route_dump(NETLINK_ROUTE, &q.h, take, &a);
	}
	if (r < 0) {
		addresses_free(&a);
		return fault_set(fault, r, "cannot list this host's addresses: %s", strerror(-r));
	}
	*ret = a;
	return 0;
}

void addresses_free(struct addresses *a)
{
	free(a->list);
	*a = (struct addresses){ 0 };
}

bool addresses_within(const struct addresses *a, uint8_t family, const uint8_t *from,
		      const uint8_t *to, const uint8_t *mask, size_t len)
{
	for (size_t i = 0; i < a->n && len <= sizeof(a->list->bytes); i++) {
		uint8_t bytes[sizeof(a->list->bytes)];

		for (size_t k = 0; k < len; k++)
			bytes[k] = a->list[i].bytes[k] & (mask ? mask[k] : 0xff);
		if (a->list[i].family == family && memcmp(bytes, from, len) >= 0 &&
		    memcmp(bytes, to, len) <= 0)
			return true;
	}
	return a->more;
}
