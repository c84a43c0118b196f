/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The links of this network namespace, as rtnetlink(7) tells them. */
#pragma once

#include <linux/netlink.h>
#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/cleanup.h"
#include "agent/base/err.h"

/* IFF_LOWER_UP of linux/if.h, which cannot be had beside net/if.h. */
#define LINK_CARRIER (1u << 16)

#define LINK_LOOPBACK 1 /* the index of every namespace's own; its name may be another */

struct link {
	char name[IFNAMSIZ];
	uint32_t index;
	bool carrier;
	bool bonded; /* a port of a bond: it has to speak LACP */
	/*
	 * Nothing of ours is below it: hardware, or this side of a pair whose other side is none of
	 * ours.  The others send by such a link in the end, or to nobody.
	 */
	bool bottom;
	bool tunnel; /* what goes in comes out elsewhere, inside other packets: VPNs are made of
			these */
	/*
	 * Of a kind that leads to this host's own guests, or takes a key to be in; and, as
	 * links_read() leaves it, none of its ports leads to anybody else.
	 */
	bool inner;
	uint32_t outer_of; /* a port that is none of guests: of the link with this index; or 0 */
	bool has_xdp;
	uint32_t xdp; /* the program's id; 0: not told */
	uint64_t sent_packets, sent_bytes;
};

struct links {
	struct link *list;
	size_t n, room;
	bool sorted; /* by their names, as links_read() leaves them: then they are found faster */
	bool ipv6;   /* one of them, or loopback, has IPv6 */
};

/* All links there are but loopback; release with links_free().  -ETIMEDOUT, -ENOMEM, ... */
int links_read(struct links *ret, struct fault *fault);
void links_free(struct links *l); /* frees the list, not l itself, and clears it */

/* Takes one message of the answer; what is not a link is passed over.  -ENOMEM. */
int links_take(struct links *l, const struct nlmsghdr *h);

/* Does this event (RTM_DELLINK) tell of a link that went to another network namespace? */
bool links_moved(const struct nlmsghdr *h, struct link *ret);

const struct link *links_find(const struct links *l, const char *name);
