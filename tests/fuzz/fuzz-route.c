// SPDX-License-Identifier: GPL-2.0-or-later
/* What is read beside the ruleset: links and their leaving, traffic control, sockets, counters. */
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "netfilter/addresses.h"
#include "netfilter/bypass.h"
#include "netfilter/counts.h"
#include "netfilter/gateways.h"
#include "netfilter/links.h"
#include "netfilter/object.h"
#include "netfilter/uplinks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct all {
	struct addresses addresses;
	struct links links;
	struct counts counts;
	struct bypasses bypasses;
	struct disciplines disciplines;
	struct gateways gateways;
	struct uplinks uplinks;
};

static void take_message(struct all *all, const struct nlmsghdr *h)
{
	struct link link;

	if (addresses_take(&all->addresses, h) < 0 || links_take(&all->links, h) < 0 ||
	    counts_take(&all->counts, h) < 0 || bypass_take_discipline(&all->disciplines, h) < 0 ||
	    bypass_take_filter(&all->bypasses, h) < 0 || bypass_take_socket(&all->bypasses, h) < 0)
		abort();
	gateways_take_route(&all->gateways, h);
	gateways_take_neighbour(&all->gateways, h);
	uplinks_take(&all->uplinks, h);
	(void)uplinks_named(h);
	if (links_moved(h, &link) && strlen(link.name) >= sizeof(link.name))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_free_ void *copy = malloc(size ? size : 1); /* aligned, and with an end that is watched */
	const struct nlmsghdr *h = copy;
	struct all all = { .uplinks = { .table = RT_TABLE_MAIN } };
	int left = (int)size;

	if (!copy)
		abort();
	memcpy(copy, data, size);
	for (; object_whole(h, left); h = mnl_nlmsg_next(h, &left))
		take_message(&all, h);
	for (size_t i = 0; i < all.links.n; i++) {
		if (!links_find(&all.links, all.links.list[i].name))
			abort();
	}
	if (all.gateways.n > GATEWAYS_MAX || gateways_moved(&all.gateways, &all.gateways))
		abort();
	if (all.uplinks.n > UPLINKS_MAX ||
	    (all.uplinks.n && !uplinks_have(&all.uplinks, &all.uplinks.at[0])))
		abort();
	addresses_free(&all.addresses);
	links_free(&all.links);
	counts_free(&all.counts);
	bypass_free(&all.bypasses);
	free(all.disciplines.list);
	return 0;
}
