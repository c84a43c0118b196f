/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks by netlink what is told beside nf_tables: links, traffic control, sockets. */
#pragma once

#include <linux/netlink.h>

typedef int (*route_each)(void *ctx, const struct nlmsghdr *h);

/*
 * Sends `message`, whole but for its flags, which are these and those that ask for an answer; hands
 * what is told before the kernel's word to `each`, which may be NULL.  0, or -errno: the kernel's,
 * or that of `each`.
 */
int route_tell(struct nlmsghdr *message, uint16_t flags, route_each each, void *ctx);

/*
 * Sends `question`, whole but for its flags, to a netlink protocol (NETLINK_ROUTE, ...) and
 * hands each message of the dump to `each`, whose first error ends it and is its result.  -EINTR
 * when things changed meanwhile: what came is then worthless; -ETIMEDOUT; or what the kernel
 * refused it with.
 */
int route_dump(int protocol, struct nlmsghdr *question, route_each each, void *ctx);
