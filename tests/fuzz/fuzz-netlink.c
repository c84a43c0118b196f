// SPDX-License-Identifier: GPL-2.0-or-later
/* What nf_tables answers: dumps of tables, chains, sets and rules, and refusals. */
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/ahead.h"
#include "netfilter/edges.h"
#include "netfilter/hooks.h"
#include "netfilter/imprint.h"
#include "netfilter/object.h"
#include "netfilter/refusal.h"
#include "netfilter/ruleset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Chains of the links, beside a link of a name that the seeds have. */
static void take_chains(const char *data, int left)
{
	struct link eth = { .name = "eth0" };
	const struct links links = { .list = &eth, .n = 1 };
	const struct nlmsghdr *h = (const void *)data;
	_drop_(hooks_free) struct hooks hooks = { 0 };
	struct chain_seen c;

	if (hooks_begin(&hooks, &links) < 0)
		abort();
	for (; object_whole(h, left); h = mnl_nlmsg_next(h, &left)) {
		if (object_chain(h, &c) == 0 && hooks_take(&hooks, &c) < 0)
			abort();
	}
	if (hooks_sound(&hooks) && !hooks.n_stale && !hooks_complete(&hooks))
		abort();
}

static void take_message(struct ruleset *rs, const struct nlmsghdr *h)
{
	struct refusal refusal;
	struct fault fault = { 0 };

	if (h->nlmsg_type == NLMSG_ERROR) {
		refusal_read(h, 1, &refusal);
		refusal_tell(&refusal, h, h->nlmsg_len, &fault);
	}
	if (h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE))
		ruleset_take_table(rs, h);
	if (h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN))
		ruleset_take_chain(rs, h);
	if (h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSET))
		ruleset_take_set(rs, h);
	if (h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM))
		ruleset_take_elements(rs, h);
	if (h->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE)) {
		ruleset_take_ahead(rs, h);
		ruleset_take_rule(rs, h);
	}
}

static int on_chain(void *ctx, const struct imprint_chain *c)
{
	uint32_t *n = ctx;

	if (!*c->name || !c->len || c->rules > c->len)
		abort();
	++*n;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ahead ahead = { 0 };
	_drop_(drop_ruleset) struct ruleset *rs = ruleset_new(&(struct scope){ .ahead = &ahead });
	_free_ void *copy = malloc(size ? size : 1); /* aligned, and with an end that is watched */
	const struct nlmsghdr *h = copy;
	int left = (int)size;
	struct survey_port ports[] = {
		{ .family = NFPROTO_IPV4, .protocol = IPPROTO_TCP, .port = 22 },
		{ .family = NFPROTO_IPV6, .protocol = IPPROTO_UDP, .port = 5353 }
	};
	const uint8_t source[16] = { 10, 1 };
	struct edges edges = { 0 };
	struct survey s;
	uint32_t chains = 0;

	if (!rs || !copy || ruleset_imprint(rs) < 0)
		abort();
	memcpy(copy, data, size);
	ruleset_note(rs, &edges);
	for (size_t i = 0; i < COUNT(ports); i++)
		ruleset_ask(rs, &ports[i]);
	ruleset_ask_from(rs, &ports[0], source);
	for (; object_whole(h, left); h = mnl_nlmsg_next(h, &left))
		take_message(rs, h);
	take_chains(copy, (int)size);
	(void)ruleset_end(rs);
	ruleset_judge(rs, ports, COUNT(ports), &s);
	ruleset_lets_most_in(rs, NFPROTO_IPV4, ruleset_adds_up(rs));
	if (imprint_tell(rs, on_chain, &chains) < 0)
		abort();
	if (s.n_forwards > SURVEY_FORWARDS || s.closed4 != !!s.by4[0] || s.closed6 != !!s.by6[0])
		abort();
	return 0;
}
