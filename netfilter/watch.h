/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells of changes to the ruleset (NFNLGRP_NFTABLES of
 * linux/netfilter/nfnetlink.h): for each transaction its objects, then one NFT_MSG_NEWGEN that
 * names the process behind them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

struct chain_seen;
struct nft;

enum {
	WATCH_OURS = 1,	   /* somebody changed a table of ours */
	WATCH_LATE = 2,	   /* somebody hooked a chain in behind ours: see watch_is_late() */
	WATCH_FOREIGN = 4, /* somebody changed rules that are not ours */
	WATCH_LOST = 8,	   /* events were lost: any of these may have happened */
};

#define WATCH_HANDS 4

struct hand {
	uint32_t pid;
	char name[16]; /* its program, as the kernel knows it; printable */
};

/* Events add up; the caller clears `what` when it has dealt with them. */
struct watch {
	unsigned what, open; /* bits; those of a transaction whose NEWGEN is still to come */
	uint32_t pid;	     /* who was the last to do more than WATCH_FOREIGN; 0: not told */
	char name[16];	     /* its program, as the kernel knows it; printable */
	struct hand hands[WATCH_HANDS]; /* who did WATCH_FOREIGN; the first ones */
	size_t n_hands;
};

/*
 * A socket that gets the events of all transactions but those of `own`, with room for a
 * burst.  Read it with watch_take().
 */
int watch_open(const struct nft *own, int *ret, struct fault *fault);

/* Takes all events that are there.  0, or -errno of a broken socket. */
int watch_take(int fd, struct watch *w);

/* One datagram of events; anything malformed counts as WATCH_LOST. */
void watch_read(struct watch *w, const void *buf, int len);

/*
 * Would this chain see packets after the quarantine's last look at them?  At the very last
 * priority the order is that of registration, the later one first, and cannot be relied on.
 */
bool watch_is_late(const struct chain_seen *c);

/* Is it one of our two tables?  One of our name in another family is somebody else's. */
bool watch_is_ours(uint8_t family, const char *table);
