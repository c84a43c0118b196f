// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>
#include <time.h>

#include "agent/base/io.h"
#include "netfilter/imprint.h"
#include "netfilter/nft.h"
#include "netfilter/ruleset.h"
#include "netfilter/sets.h"
#include "netfilter/survey.h"

#define TRIES	 16
#define PAUSE_MS 10
#define LIMIT_MS 300 /* of all but the second try, which comes whatever the first one took */

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

static int read_all(struct nft *nft, struct ruleset *rs, struct fault *fault)
{
	int r = nft_dump(nft, NFT_MSG_GETTABLE, NFPROTO_UNSPEC, ruleset_take_table, rs, fault);

	if (r == 0)
		r = nft_dump(nft, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, ruleset_take_chain, rs, fault);
	if (r == 0)
		r = read_sets(nft, rs, fault);
	if (r == 0)
		r = nft_dump(nft, NFT_MSG_GETRULE, NFPROTO_UNSPEC, ruleset_take_rule, rs, fault);
	return r;
}

/* What conntrack passes over meets other rules, and may get in where a new connection would not. */
static int look_untracked(struct nft *nft, struct survey_port *ports, size_t n, struct survey *s,
			  struct fault *fault)
{
	_drop_(drop_ruleset) struct ruleset *rs = ruleset_new();
	struct survey_port again[SURVEY_PORTS_MAX];
	struct survey own;
	int r = rs ? 0 : -ENOMEM;

	n = n < SURVEY_PORTS_MAX ? n : SURVEY_PORTS_MAX;
	for (size_t i = 0; r == 0 && i < n; i++)
		ruleset_ask(rs, &ports[i]);
	if (r == 0) {
		if (n)
			memcpy(again, ports, n * sizeof(*again));
		ruleset_ask_untracked(rs);
		r = read_all(nft, rs, fault);
	}
	if (r < 0)
		return r;
	ruleset_judge(rs, again, n, &own);
	s->closed4 &= own.closed4;
	s->closed6 &= own.closed6;
	s->without_baseline &= own.without_baseline;
	for (size_t i = 0; i < n; i++)
		ports[i].open |= again[i].open;
	if (!own.closed4)
		*s->by4 = '\0';
	if (!own.closed6)
		*s->by6 = '\0';
	return 0;
}

static int look(struct nft *nft, struct survey_port *ports, size_t n, struct survey *ret,
		survey_chain each, void *ctx, struct fault *fault)
{
	_drop_(drop_ruleset) struct ruleset *rs = ruleset_new();
	uint32_t before = 0, after = 0;
	int r = rs ? nft_generation(nft, &before, fault) : -ENOMEM;

	if (r == 0 && each)
		r = ruleset_imprint(rs);
	for (size_t i = 0; r == 0 && i < n; i++)
		ruleset_ask(rs, &ports[i]);
	if (r == 0)
		r = read_all(nft, rs, fault);
	if (r == 0)
		ruleset_judge(rs, ports, n, ret);
	if (r == 0 && ruleset_untracks(rs))
		r = look_untracked(nft, ports, n, ret, fault);
	if (r == 0)
		r = nft_generation(nft, &after, fault);
	if (r == 0 && before != after)
		r = -EINTR;
	if (r == 0 && each)
		r = imprint_tell(rs, each, ctx);
	return r < 0 ? fault_set(fault, r, "cannot read the ruleset: %s", nft_why(r)) : 0;
}

/* Whoever adds rules one by one leaves time between them. */
int survey_chains(struct nft *nft, struct survey_port *ports, size_t n, struct survey *ret,
		  survey_chain each, void *ctx, struct fault *fault)
{
	const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000 };
	const uint64_t end = io_boot_ms() + LIMIT_MS;
	struct fault last = { 0 };
	int r = look(nft, ports, n, ret, each, ctx, &last);

	for (unsigned i = 1; r < 0 && i < TRIES; i++) {
		if (i > 1 && (r != -EINTR || io_boot_ms() >= end))
			break;
		nanosleep(&pause, NULL);
		last = (struct fault){ 0 };
		r = look(nft, ports, n, ret, each, ctx, &last);
	}
	return r < 0 ? fault_set(fault, r, "%s", last.why) : 0;
}

int survey_ports(struct nft *nft, struct survey_port *ports, size_t n, struct survey *ret,
		 struct fault *fault)
{
	return survey_chains(nft, ports, n, ret, NULL, NULL, fault);
}

int survey_inbound(struct nft *nft, struct survey *ret, struct fault *fault)
{
	return survey_ports(nft, NULL, 0, ret, fault);
}
