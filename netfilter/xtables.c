// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "netfilter/object.h"
#include "netfilter/xtables-parts.h"

#define TRIES 8

/* Of both families: one shape, and one set of numbers. */
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo) &&
		       offsetof(struct ipt_get_entries, entrytable) ==
			       offsetof(struct ip6t_get_entries, entrytable) &&
		       IPT_SO_GET_INFO == IP6T_SO_GET_INFO &&
		       IPT_SO_GET_ENTRIES == IP6T_SO_GET_ENTRIES,
	       "");

static int read_info(int fd, int level, const char *table, struct ipt_getinfo *ret)
{
	socklen_t len = sizeof(*ret);

	*ret = (struct ipt_getinfo){ 0 };
	snprintf(ret->name, sizeof(ret->name), "%s", table);
	if (getsockopt(fd, level, IPT_SO_GET_INFO, ret, &len) < 0)
		return -errno;
	return len == sizeof(*ret) ? 0 : -EBADMSG;
}

/*
 * The size is asked for first, and has to be right when the rules are; where chains begin may have
 * changed all the same.
 */
static int read_once(int fd, uint8_t family, const char *table, struct xtables *to)
{
	const int level = family == NFPROTO_IPV4 ? IPPROTO_IP : IPPROTO_IPV6;
	_free_ struct ipt_get_entries *got = NULL;
	struct ipt_getinfo info, after;
	struct xt_table t;
	socklen_t len;
	int r = read_info(fd, level, table, &info);

	if (r < 0)
		return r;
	if (info.size > XTABLES_MAX)
		return -EFBIG;
	len = (socklen_t)(offsetof(struct ipt_get_entries, entrytable) + info.size);
	got = calloc(1, len);
	if (!got)
		return -ENOMEM;
	memcpy(got->name, info.name, sizeof(got->name));
	got->size = info.size;
	if (getsockopt(fd, level, IPT_SO_GET_ENTRIES, got, &len) < 0)
		return -errno;
	r = read_info(fd, level, table, &after);
	if (r < 0)
		return r;
	if (memcmp(&info, &after, sizeof(info)) != 0)
		return -EAGAIN;
	t = (struct xt_table){ .family = family,
			       .name = table,
			       .hooks = info.valid_hooks,
			       .begins = info.hook_entry,
			       .ends = info.underflow,
			       .bytes = (const uint8_t *)got->entrytable,
			       .size = info.size };
	return xtables_tell(&t, to);
}

static const char *why(int err)
{
	switch (err) {
	case -EPERM: return "CAP_NET_ADMIN is missing";
	case -EAGAIN: return "it changes all the time";
	case -EBADMSG: return "its rules are not as any iptables lays them";
	case -EFBIG: return "its rules are more than can be judged";
	}
	return strerror(-err);
}

int xtables_read(uint8_t family, const char *table, struct xtables *to, struct fault *fault)
{
	const size_t before = to->len;
	_close_ int fd = socket(family == NFPROTO_IPV4 ? AF_INET : AF_INET6,
				SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char name[XTABLES_NAME];
	int r = fd < 0 ? -errno : -EAGAIN;

	for (unsigned i = 0; i < TRIES && r == -EAGAIN; i++) {
		to->len = before;
		r = read_once(fd, family, table, to);
	}
	if (r == 0)
		return 0;
	to->len = before;
	xtables_name(family, table, name);
	return fault_set(fault, r, "cannot read %s: %s", name, why(r));
}

int xtables_each(const struct xtables *x, uint16_t type,
		 int (*each)(void *ctx, const struct nlmsghdr *h), void *ctx)
{
	const struct nlmsghdr *h = (const void *)x->bytes;
	int left = (int)x->len, r = 0;

	for (; r == 0 && object_whole(h, left); h = mnl_nlmsg_next(h, &left))
		if (h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | type))
			r = each(ctx, h);
	return r == 0 && left > 0 ? -EBADMSG : r;
}

void xtables_free(struct xtables *x)
{
	free(x->bytes);
	*x = (struct xtables){ 0 };
}
