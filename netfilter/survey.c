// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>

#include "netfilter/nft.h"
#include "netfilter/ruleset.h"
#include "netfilter/survey.h"

static int look(struct nft *nft, struct survey *ret, struct fault *fault)
{
	static const struct {
		uint16_t type;
		nft_each take;
	} dumps[] = {
		{ NFT_MSG_GETTABLE, ruleset_take_table },
		{ NFT_MSG_GETCHAIN, ruleset_take_chain },
		{ NFT_MSG_GETRULE, ruleset_take_rule },
	};
	_drop_(drop_ruleset) struct ruleset *rs = ruleset_new();
	uint32_t before = 0, after = 0;
	int r = rs ? nft_generation(nft, &before, fault) : -ENOMEM;

	for (size_t i = 0; r == 0 && i < sizeof(dumps) / sizeof(*dumps); i++)
		r = nft_dump(nft, dumps[i].type, NFPROTO_UNSPEC, dumps[i].take, rs, fault);
	if (r == 0)
		r = nft_generation(nft, &after, fault);
	if (r == 0 && before != after)
		r = -EINTR;
	if (r == 0)
		ruleset_judge(rs, ret);
	return r < 0 ? fault_set(fault, r, "cannot read the ruleset: %s", nft_why(r)) : 0;
}

int survey_inbound(struct nft *nft, struct survey *ret, struct fault *fault)
{
	int r = look(nft, ret, NULL);

	return r == 0 ? 0 : look(nft, ret, fault);
}
