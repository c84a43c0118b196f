/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which network a link is in, by the routers that its default routes go by and their hardware
 * addresses (rtnetlink(7), linux/neighbour.h).  Routes without a router, as into tunnels, say
 * nothing about that.
 */
#pragma once

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

#define GATEWAYS_MAX	 16
#define GATEWAY_HARDWARE 20 /* bytes at most; InfiniBand's */

struct gateway {
	uint32_t link;
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t addr[16];
	uint8_t hardware[GATEWAY_HARDWARE];
	uint8_t n_hardware; /* 0: it has not been asked for yet */
};

struct gateways {
	struct gateway at[GATEWAYS_MAX];
	size_t n;
};

/* Those there are now.  -EINTR when they changed meanwhile, -ETIMEDOUT, ... */
int gateways_read(struct gateways *ret, struct fault *fault);

/* Takes one message: of a default route, its routers; of a neighbour, the address of one. */
void gateways_take_route(struct gateways *g, const struct nlmsghdr *h);
void gateways_take_neighbour(struct gateways *g, const struct nlmsghdr *h);

/* Is that the answer of one of them whose address was another, or was not known? */
bool gateways_answered(const struct gateways *g, const struct nlmsghdr *h);

/* Is a link in another network than it was?  None of its routers is one that it had. */
bool gateways_moved(const struct gateways *was, const struct gateways *is);

/*
 * What is known from now on: of each link what it has now; of a link without routers, which may
 * be but between two leases, what it had.
 */
void gateways_learn(struct gateways *known, const struct gateways *is);

/* The link lost its carrier or is gone: what comes next may be any network.  True if it had one. */
bool gateways_part(struct gateways *known, uint32_t link);
