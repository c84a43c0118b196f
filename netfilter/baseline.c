// SPDX-License-Identifier: GPL-2.0-or-later
#include <netinet/in.h> /* before the kernel's own */

#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/baseline.h"
#include "netfilter/batch.h"
#include "netfilter/nft.h"
#include "netfilter/object.h"
#include "netfilter/rule.h"
#include "netfilter/survey.h"
#include "netfilter/table.h"

#define CHAIN  "input"
#define GUESTS "guests"

DEFINE_DROP(nftnl_table, nftnl_table_free)
DEFINE_DROP(nftnl_chain, nftnl_chain_free)

/* An answer to what this host sent, or what belongs to it. */
#define KNOWN IN_STATE(NF_CT_STATE_BIT(IP_CT_ESTABLISHED) | NF_CT_STATE_BIT(IP_CT_RELATED))

static const struct rule always[] = {
	{ 0, CHAIN, { KNOWN, ACCEPT } },
	{ 0, CHAIN, { IN_BY_LOOPBACK, ACCEPT } },
	{ 0, CHAIN, { CARRIES(IPPROTO_ICMP), ACCEPT } },
	{ 0, CHAIN, { CARRIES(IPPROTO_ICMPV6), ACCEPT } },
	{ 0, CHAIN, { IS_IPV4, CARRIES(IPPROTO_UDP), SPORT(67), DPORT(68), ACCEPT } },
	{ 0, CHAIN, { IS_IPV6, CARRIES(IPPROTO_UDP), SPORT(547), DPORT(546), ACCEPT } },
};

/*
 * Of the bridges whose guests this host serves (libvirt, LXC, LXD, podman), those with names that
 * the survey takes for inner ones.
 */
static const struct rule guests[] = {
	{ 0, CHAIN, { IN_BY_NAMES("virbr"), JUMP(GUESTS) } },
	{ 0, CHAIN, { IN_BY_NAMES("lxcbr"), JUMP(GUESTS) } },
	{ 0, CHAIN, { IN_BY_NAMES("lxdbr"), JUMP(GUESTS) } },
	{ 0, CHAIN, { IN_BY_NAMES("podman"), JUMP(GUESTS) } },
	{ 0, CHAIN, { IN_BY_NAMES("cni"), JUMP(GUESTS) } },
	{ 0, GUESTS, { CARRIES(IPPROTO_UDP), DPORT(53), ACCEPT } },
	{ 0, GUESTS, { CARRIES(IPPROTO_TCP), DPORT(53), ACCEPT } },
	{ 0, GUESTS, { CARRIES(IPPROTO_UDP), DPORT(67), ACCEPT } },
	{ 0, GUESTS, { CARRIES(IPPROTO_UDP), DPORT(547), ACCEPT } },
};

static const struct rule left4 = { 0, CHAIN, { IS_IPV4, ACCEPT } };
static const struct rule left6 = { 0, CHAIN, { IS_IPV6, ACCEPT } };

static struct nftnl_chain *chain_of(const char *name)
{
	struct nftnl_chain *c = nftnl_chain_alloc();

	if (c) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, BASELINE_TABLE);
		nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
	}
	return c;
}

static void add_table(struct batch *b)
{
	_drop_(drop_nftnl_table) struct nftnl_table *t = nftnl_table_alloc();
	_drop_(drop_nftnl_chain) struct nftnl_chain *c = chain_of(CHAIN);
	_drop_(drop_nftnl_chain) struct nftnl_chain *g = chain_of(GUESTS);

	if (t)
		nftnl_table_set_str(t, NFTNL_TABLE_NAME, BASELINE_TABLE);
	batch_add_table(b, t);
	batch_add_chain(b, g);
	if (c) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
		nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, NF_INET_LOCAL_IN);
		nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, 0);
		nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_DROP);
	}
	batch_add_chain(b, c);
}

static void add_rules(struct batch *b, const struct rule *rules, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rule_add(b, BASELINE_TABLE, &rules[i]);
}

static void add_port(struct batch *b, const struct baseline_port *p)
{
	const struct rule r = { 0,
				CHAIN,
				{ CARRIES(p->protocol), DPORTS(p->from, p->to), ACCEPT } };

	rule_add(b, BASELINE_TABLE, &r);
}

struct search {
	bool found;
};

static int is_it(void *ctx, const struct nlmsghdr *h)
{
	struct search *s = ctx;
	struct table_seen t;
	int r = object_table(h, &t);

	if (r == 0 && t.family == NFPROTO_INET && !strcmp(t.name, BASELINE_TABLE))
		s->found = true;
	return r;
}

/* 1 when it is there, 0 when not, or -errno. */
static int is_laid(struct nft *nft, struct fault *fault)
{
	struct search s = { false };
	int r = nft_dump(nft, NFT_MSG_GETTABLE, NFPROTO_INET, is_it, &s, fault);

	return r < 0 ? r : s.found;
}

int baseline_lay(struct nft *nft, const struct survey *now, const struct baseline_port *open,
		 size_t n, struct fault *fault)
{
	_drop_(drop_batch) struct batch *b = batch_begin(nft, NFPROTO_INET);
	int laid = is_laid(nft, fault);

	if (laid < 0)
		return laid;
	if (laid)
		batch_delete_table(b, BASELINE_TABLE);
	add_table(b);
	add_rules(b, &left4, now->without4);
	add_rules(b, &left6, now->without6);
	add_rules(b, always, COUNT(always));
	add_rules(b, guests, COUNT(guests));
	for (size_t i = 0; i < n; i++)
		add_port(b, &open[i]);
	return batch_commit(take(b), fault);
}

int baseline_remove(struct nft *nft, struct fault *fault)
{
	_drop_(drop_batch) struct batch *b = batch_begin(nft, NFPROTO_INET);
	int laid = is_laid(nft, fault);

	if (laid <= 0)
		return laid;
	batch_delete_table(b, BASELINE_TABLE);
	return batch_commit(take(b), fault);
}

int baseline_retire(struct nft *nft, struct fault *fault)
{
	int laid = is_laid(nft, fault), r;
	struct survey s;

	if (laid <= 0)
		return laid;
	r = survey_inbound(nft, &s, fault);
	if (r < 0 || !s.without_baseline)
		return r;
	r = baseline_remove(nft, fault);
	return r < 0 ? r : 1;
}
