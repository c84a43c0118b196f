/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What handles packets where netfilter does not see them, as the kernel lists it: programs of
 * XDP at a link, filters of traffic control (they run after the egress hook, and may rewrite or
 * redirect), and AF_XDP sockets.  Whoever is root may have any of them for good reasons, and any
 * of them can carry packets past a quarantine.
 */
#pragma once

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

struct links;

enum bypass_kind { BYPASS_XDP, BYPASS_TC, BYPASS_SOCKET, BYPASS_KINDS };

struct bypass {
	enum bypass_kind kind;
	uint32_t link;	 /* its index; loopback may be one */
	uint32_t number; /* of the program; of the socket's user */
	char name[16];	 /* BYPASS_TC: the filter, "u32" for instance */
};

struct bypasses {
	struct bypass *list;
	size_t n, room;
};

/*
 * One for each kind and link at most.  A kernel without traffic control or AF_XDP has none of
 * them.  Programs attached without a discipline (tcx, Linux 6.6) are not listed by netlink.
 */
int bypass_read(const struct links *links, struct bypasses *ret, struct fault *fault);
void bypass_free(struct bypasses *b); /* frees the list, not b itself, and clears it */

/* A queueing discipline, and where filters may hang at it. */
struct discipline {
	uint32_t link, handle, parent;
	char kind[16];
};

struct disciplines {
	struct discipline *list;
	size_t n, room;
};

/* Each takes one message of a dump: RTM_NEWQDISC, RTM_NEWTFILTER, of sockets.  -ENOMEM. */
int bypass_take_discipline(struct disciplines *d, const struct nlmsghdr *h);
int bypass_take_filter(struct bypasses *b, const struct nlmsghdr *h);
int bypass_take_socket(struct bypasses *b, const struct nlmsghdr *h);
