// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "netfilter/batch.h"
#include "netfilter/late.h"
#include "netfilter/nft.h"
#include "netfilter/object.h"
#include "netfilter/watch.h"

#define CHAINS_MAX 64 /* at a time; what is left is found when these are gone */
#define TRIES	   8  /* others change their rules while we look */

struct found {
	size_t n;
	struct {
		uint8_t family;
		char table[NFT_TABLE_MAXNAMELEN], chain[NFT_CHAIN_MAXNAMELEN];
	} chains[CHAINS_MAX];
};

static int take_chain(void *ctx, const struct nlmsghdr *h)
{
	struct found *f = ctx;
	struct chain_seen c;
	int r = object_chain(h, &c);

	if (r < 0 || !watch_is_late(&c) || watch_is_ours(c.family, c.table) || f->n == CHAINS_MAX)
		return r;
	f->chains[f->n].family = c.family;
	snprintf(f->chains[f->n].table, NFT_TABLE_MAXNAMELEN, "%s", c.table);
	snprintf(f->chains[f->n].chain, NFT_CHAIN_MAXNAMELEN, "%s", c.name);
	f->n++;
	return 0;
}

static const char *family_name(uint8_t family)
{
	return family == NFPROTO_NETDEV ? "netdev"
	       : family == NFPROTO_IPV4 ? "ip"
	       : family == NFPROTO_IPV6 ? "ip6"
					: "inet";
}

static int find(struct nft *nft, struct found *f, struct fault *fault)
{
	struct fault why = { 0 };
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		f->n = 0;
		why = (struct fault){ 0 };
		r = nft_dump(nft, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, take_chain, f, &why);
	}
	return r < 0 ? fault_set(fault, r, "%s", why.why) : r;
}

int late_remove(struct nft *nft, struct late *ret, struct fault *fault)
{
	_free_ struct found *f = calloc(1, sizeof(*f));
	struct late late = { 0 };
	int r = f ? find(nft, f, fault) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < f->n; i++) {
		struct batch *b = batch_begin(nft, f->chains[i].family);

		batch_delete_chain(b, f->chains[i].table, f->chains[i].chain);
		if (batch_commit(b, NULL) == 0)
			late.removed++;
		else
			late.stayed++;
		snprintf(late.which, sizeof(late.which), "%s %.50s %.50s",
			 family_name(f->chains[i].family), f->chains[i].table, f->chains[i].chain);
	}
	if (r == 0)
		*ret = late;
	return r;
}
