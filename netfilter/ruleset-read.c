// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "netfilter/nft.h"
#include "netfilter/ruleset.h"
#include "netfilter/sets.h"
#include "netfilter/xtables.h"

static int read_sets(struct nft *nft, struct ruleset *rs, struct fault *fault)
{
	const struct sets *sets = ruleset_sets(rs);
	int r = nft_dump(nft, NFT_MSG_GETSET, NFPROTO_UNSPEC, ruleset_take_set, rs, fault);

	for (uint32_t i = 0; i < sets->n && r == 0; i++) {
		const struct set *s = &sets->rows[i];

		r = nft_dump_set(nft, s->family, s->table, s->name, ruleset_take_elements, rs,
				 fault);
	}
	return r == -ENOENT ? -EINTR : r;
}

/* nf_tables' own, and then those beside them. */
static int read_each(struct nft *nft, uint16_t get, uint16_t told, nft_each each,
		     struct ruleset *rs, struct fault *fault)
{
	int r = nft_dump(nft, get, NFPROTO_UNSPEC, each, rs, fault);

	return r == 0 && nft->beside ? xtables_each(nft->beside, told, each, rs) : r;
}

static int read_rules(struct nft *nft, struct ruleset *rs, nft_each each, struct fault *fault)
{
	return read_each(nft, NFT_MSG_GETRULE, NFT_MSG_NEWRULE, each, rs, fault);
}

int ruleset_read(struct ruleset *rs, struct nft *nft, struct fault *fault)
{
	int r = nft_dump(nft, NFT_MSG_GETTABLE, NFPROTO_UNSPEC, ruleset_take_table, rs, fault);

	if (r == 0)
		r = read_each(nft, NFT_MSG_GETCHAIN, NFT_MSG_NEWCHAIN, ruleset_take_chain, rs,
			      fault);
	if (r == 0)
		r = read_sets(nft, rs, fault);
	if (r == 0 && ruleset_wants_ahead(rs))
		r = read_rules(nft, rs, ruleset_take_ahead, fault);
	if (r == 0)
		r = read_rules(nft, rs, ruleset_take_rule, fault);
	return r == 0 ? ruleset_end(rs) : r;
}
