// SPDX-License-Identifier: GPL-2.0-or-later
#include <libnftnl/chain.h>
#include <libnftnl/table.h>

#include "agent/base/cleanup.h"
#include "netfilter/batch.h"
#include "netfilter/probe.h"
#include "netfilter/table.h"

DEFINE_DROP(nftnl_table, nftnl_table_free)
DEFINE_DROP(nftnl_chain, nftnl_chain_free)

int probe_rule(struct nft *nft, const struct rule *rule)
{
	_drop_(drop_nftnl_table) struct nftnl_table *t = nftnl_table_alloc();
	_drop_(drop_nftnl_chain) struct nftnl_chain *c = nftnl_chain_alloc();
	struct batch *b = batch_begin(nft, NFPROTO_INET);

	if (t)
		nftnl_table_set_str(t, NFTNL_TABLE_NAME, PROBE_TABLE);
	if (c) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, PROBE_TABLE);
		nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, rule->chain);
	}
	batch_add_table(b, t);
	batch_add_chain(b, c);
	rule_add(b, PROBE_TABLE, rule);
	batch_delete_table(b, PROBE_TABLE);
	return batch_commit(b, NULL);
}
