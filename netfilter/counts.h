/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the quarantine let out by each link, as its counting chains say (hooks.h), against what
 * the link's driver says that it sent.
 */
#pragma once

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/cleanup.h"
#include "agent/base/err.h"

struct nft;
struct nlmsghdr;

struct count {
	char link[IFNAMSIZ];
	uint64_t rule; /* handle of the rule that counts: another one began again at 0 */
	uint64_t packets, bytes;
};

struct counts {
	struct count *list;
	size_t n, room;
};

/* Empty when there is no quarantine; release with counts_free().  -EINTR: try again. */
int counts_read(struct nft *nft, struct counts *ret, struct fault *fault);
void counts_free(struct counts *c); /* frees the list, not c itself, and clears it */

/* Takes one message of the dump; what is no counting rule of ours is passed over.  -ENOMEM. */
int counts_take(struct counts *c, const struct nlmsghdr *h);

const struct count *counts_find(const struct counts *c, const char *link);

/* Between two moments: what was let out, and what the driver sent. */
struct tally {
	uint64_t let_packets, let_bytes;
	uint64_t sent_packets, sent_bytes;
	uint64_t seconds;
};

/*
 * Packets sent that nothing which was let out explains; 0 when all may be explained.  Explained
 * are: a queue that was full at the start, the parts of a packet that the hardware cuts up, all
 * headers and padding that a driver may count, and a frame a minute that a driver makes of
 * itself (802.1X by nl80211 never meets netfilter).
 */
uint64_t tally_unexplained(const struct tally *t);
