// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>

#include "netfilter/batch.h"
#include "netfilter/opening.h"
#include "netfilter/survey.h"

int opening_close(struct nft *nft, const struct opening *o, struct fault *fault)
{
	char family[sizeof(o->base.chain)], table[sizeof(family)], chain[sizeof(family)];
	struct batch *b;

	if (!o->base.handle ||
	    sscanf(o->base.chain, "%95s %95s %95[^\n]", family, table, chain) != 3)
		return fault_set(fault, -EINVAL, "it is no one rule");
	b = batch_begin(nft, !family[2]		? NFPROTO_IPV4
			     : family[2] == '6' ? NFPROTO_IPV6
						: NFPROTO_INET);
	batch_delete_rule(b, table, chain, o->base.handle);
	return batch_commit(b, fault);
}
