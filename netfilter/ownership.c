// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "agent/base/cleanup.h"
#include "netfilter/batch.h"
#include "netfilter/nft.h"
#include "netfilter/ownership.h"
#include "netfilter/table.h"

#define PERSIST 0x4 /* NFT_TABLE_F_PERSIST, which the headers of Debian 12 lack */

DEFINE_DROP(nftnl_table, nftnl_table_free)

const char *const ownership_names[OWNERSHIP_COUNT] = {
	[OWNERSHIP_NONE] = "none",
	[OWNERSHIP_ORPHAN] = "orphan",
	[OWNERSHIP_OWNED] = "owned",
};

uint32_t ownership_flags(enum ownership o)
{
	static const uint32_t flags[OWNERSHIP_COUNT] = {
		[OWNERSHIP_ORPHAN] = PERSIST,
		[OWNERSHIP_OWNED] = NFT_TABLE_F_OWNER | PERSIST,
	};

	return flags[o];
}

static int probe(struct nft *nft, uint32_t flags)
{
	_drop_(drop_nftnl_table) struct nftnl_table *t = nftnl_table_alloc();
	struct batch *b = batch_begin(nft, NFPROTO_INET);

	if (t) {
		nftnl_table_set_str(t, NFTNL_TABLE_NAME, PROBE_TABLE);
		nftnl_table_set_u32(t, NFTNL_TABLE_FLAGS, flags);
	}
	batch_add_table(b, t);
	batch_delete_table(b, PROBE_TABLE);
	return batch_commit(b, NULL);
}

int ownership_claim(struct nft *nft, enum ownership wanted, struct fault *fault)
{
	int r = probe(nft, ownership_flags(wanted));

	/* Flags that a kernel does not know: EINVAL before Linux 5.12, EOPNOTSUPP since. */
	if (r == -EOPNOTSUPP || r == -EINVAL) {
		nft->ownership = OWNERSHIP_NONE;
		return 0;
	}
	if (r < 0)
		return fault_set(fault, r, "cannot find out whether tables can be owned: %s",
				 nft_why(r));
	nft->ownership = wanted;
	return 0;
}
