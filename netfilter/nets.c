// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "agent/base/allow.h"
#include "netfilter/nets.h"

void nets_last_address(const struct peer *p, uint8_t out[16])
{
	memcpy(out, p->addr, 16);
	for (unsigned bit = p->prefix; bit < family_bits(p->family); bit++)
		out[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
}

static int compare_places(const struct peer *a, const struct peer *b)
{
	int r = memcmp(a->addr, b->addr, sizeof(a->addr));

	return r ? r : a->prefix - b->prefix;
}

static int by_port(const void *x, const void *y)
{
	const struct peer *a = ((const struct net *)x)->peer, *b = ((const struct net *)y)->peer;
	int r = a->proto - b->proto;

	if (r == 0)
		r = a->port - b->port;
	return r ? r : compare_places(a, b);
}

static int by_place(const void *x, const void *y)
{
	const struct peer *a = ((const struct net *)x)->peer, *b = ((const struct net *)y)->peer;
	int r = a->proto - b->proto;

	if (r == 0)
		r = compare_places(a, b);
	return r ? r : a->port - b->port;
}

static bool holds(const struct peer *wide, const struct peer *p)
{
	uint8_t end[16];

	nets_last_address(wide, end);
	return wide->proto == p->proto && wide->port == p->port &&
	       memcmp(wide->addr, p->addr, sizeof(p->addr)) <= 0 &&
	       memcmp(p->addr, end, sizeof(end)) <= 0;
}

/* The kernel refuses ranges that overlap; prefixes do so only by one holding the other. */
static uint32_t drop_held(struct net *nets, uint32_t n)
{
	uint32_t kept = 0;

	qsort(nets, n, sizeof(*nets), by_port);
	for (uint32_t i = 0; i < n; i++) {
		if (!kept || !holds(nets[kept - 1].peer, nets[i].peer))
			nets[kept++] = nets[i];
	}
	return kept;
}

/*
 * Ports in a row are one range: the kernel takes a time for the ports of one prefix that grows with
 * the square of their number, two minutes for all there are.
 */
static uint32_t join_ports(struct net *nets, uint32_t n)
{
	uint32_t kept = 0;

	qsort(nets, n, sizeof(*nets), by_place);
	for (uint32_t i = 0; i < n; i++) {
		struct net *last = kept ? &nets[kept - 1] : NULL;
		const struct peer *p = nets[i].peer;

		if (last && last->peer->proto == p->proto && p->port == last->to + 1 &&
		    compare_places(last->peer, p) == 0)
			last->to = p->port;
		else
			nets[kept++] = nets[i];
	}
	return kept;
}

uint32_t nets_join(struct net *nets, uint32_t n)
{
	return join_ports(nets, drop_held(nets, n));
}
