// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libnftnl/set.h>

#include "netfilter/batch.h"
#include "netfilter/lacks.h"
#include "netfilter/nft.h"
#include "netfilter/probe.h"

#define TYPE_MARK  19 /* as nft(8) numbers it, to show the tokens */
#define TOKENS_MAX 1024

DEFINE_DROP(nftnl_set, nftnl_set_free)

/* ENOENT is its word for an expression that it does not have; another answer says nothing. */
static bool lacks(struct nft *nft, struct term term)
{
	const struct rule rule = { 0, "probe", { term } };

	return probe_rule(nft, &rule) == -ENOENT;
}

int lacks_find(struct nft *nft)
{
	const struct nft_lacks was = nft->lacks;

	nft->lacks.reject = lacks(nft, (struct term)REFUSE);
	nft->lacks.limit = lacks(nft, (struct term)LIMIT(1));
	return (nft->lacks.reject && !was.reject) || (nft->lacks.limit && !was.limit);
}

static void add_set(struct batch *b, const char *table)
{
	_drop_(drop_nftnl_set) struct nftnl_set *s = nftnl_set_alloc();

	if (s) {
		nftnl_set_set_str(s, NFTNL_SET_TABLE, table);
		nftnl_set_set_str(s, NFTNL_SET_NAME, PACE_SET);
		nftnl_set_set_u32(s, NFTNL_SET_ID, TOKENS_MAX);
		nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE, TYPE_MARK);
		nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, sizeof(uint32_t));
		nftnl_set_set_u32(s, NFTNL_SET_DESC_SIZE, TOKENS_MAX);
		nftnl_set_set_u32(s, NFTNL_SET_FLAGS, NFT_SET_EVAL | NFT_SET_TIMEOUT);
	}
	batch_add_set(b, s);
}

void lacks_add_tokens(struct batch *b, const char *table)
{
	add_set(b, table); /* deleting what is not there would be refused */
	batch_delete_set(b, table, PACE_SET);
	add_set(b, table);
}

static bool is_limited(const struct rule *rule)
{
	for (size_t i = 0; i < RULE_TERMS; i++) {
		if (rule->terms[i].op == TERM_LIMIT)
			return true;
	}
	return false;
}

void lacks_add_rule(struct batch *b, const char *table, const struct rule *rule, uint32_t id)
{
	for (uint32_t token = 0; token < (is_limited(rule) ? PACE_TOKENS : 1); token++) {
		struct rule r = *rule;

		for (size_t i = 0; i < RULE_TERMS; i++) {
			if (r.terms[i].op != TERM_LIMIT)
				continue;
			r.terms[i].op = TERM_PACE;
			r.terms[i].mask = id * PACE_TOKENS + token;
		}
		rule_add(b, table, &r);
	}
}
