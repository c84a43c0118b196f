/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Default routes, one by one, as rtnetlink(7) tells them. */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

#define UPLINKS_MAX 16

struct links;
struct nlattr;

struct uplink {
	uint8_t family;	      /* AF_INET, AF_INET6 */
	bool routed, sourced; /* it has a router; the address that packets are to come from */
	uint32_t link, metric;
	uint8_t router[16], source[16];
};

struct uplinks {
	uint32_t table;		   /* the one that is read */
	const struct links *links; /* tunnels among them are none; NULL: any is one */
	struct uplink at[UPLINKS_MAX];
	size_t n;
};

/*
 * Takes one message of the answer.  What is no default route of that table is passed over, and so
 * is one that has several routers at a time, or whose link is down.
 */
void uplinks_take(struct uplinks *u, const struct nlmsghdr *h);

/* Reads those of u->table.  0, or -errno. */
int uplinks_read(struct uplinks *u, struct fault *fault);

/* Those of the main table by links that are no tunnels; by family, then by metric. */
int uplinks_find(struct uplinks *ret, struct fault *fault);

bool uplinks_have(const struct uplinks *u, const struct uplink *one);
bool uplinks_have_family(const struct uplinks *u, uint8_t family);

/* The link that the answer to RTM_GETROUTE names; 0: none. */
uint32_t uplinks_named(const struct nlmsghdr *h);
