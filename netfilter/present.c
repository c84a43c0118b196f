// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "netfilter/bases.h"
#include "netfilter/batch.h"
#include "netfilter/hooks.h"
#include "netfilter/nft.h"
#include "netfilter/object.h"
#include "netfilter/quarantine.h"
#include "netfilter/rules.h"
#include "netfilter/table.h"

#define TRIES 8 /* links come and go while we look, and others change their rules */

struct seen {
	unsigned awake; /* RULES_ of the tables that are there and not dormant */
	unsigned good;	/* bit for each base chain as we made it */
	struct hooks hooks;
};

static int see_table(void *ctx, const struct nlmsghdr *h)
{
	struct seen *seen = ctx;
	struct table_seen t;
	int r = object_table(h, &t);

	if (r < 0 || strcmp(t.name, TABLE) || t.flags & NFT_TABLE_F_DORMANT)
		return r;
	if (t.family == NFPROTO_INET)
		seen->awake |= RULES_PACKETS;
	if (t.family == NFPROTO_NETDEV)
		seen->awake |= RULES_FRAMES;
	return 0;
}

static unsigned rules_of(const char *chain)
{
	unsigned n = 0;

	for (size_t i = 0; i < rules_n; i++)
		n += !strcmp(rules[i].chain, chain);
	return n;
}

static void see_base(struct seen *seen, const struct chain_seen *c)
{
	for (size_t i = 0; i < BASES; i++) {
		if (!strcmp(c->name, bases[i].name) && !strcmp(c->type, "filter") &&
		    c->hook == bases[i].hook && c->priority == bases[i].priority &&
		    c->policy == NF_DROP && c->uses == rules_of(c->name))
			seen->good |= 1u << i;
	}
}

static int see_chain(void *ctx, const struct nlmsghdr *h)
{
	struct seen *seen = ctx;
	struct chain_seen c;
	int r = object_chain(h, &c);

	if (r < 0 || strcmp(c.table, TABLE) || !c.base)
		return r;
	if (c.family == NFPROTO_INET)
		see_base(seen, &c);
	if (c.family == NFPROTO_NETDEV)
		return hooks_take(&seen->hooks, &c);
	return 0;
}

/* Which tables there are, then their chains. */
static int look(struct nft *nft, const struct links *links, struct seen *seen, struct fault *fault)
{
	int r = hooks_begin(&seen->hooks, links);

	if (r < 0)
		return fault_set(fault, r, "out of memory");
	r = nft_dump(nft, NFT_MSG_GETTABLE, NFPROTO_UNSPEC, see_table, seen, fault);
	if (r == 0 && seen->awake)
		r = nft_dump(nft, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, see_chain, seen, fault);
	return r;
}

static void drop_seen(struct seen *seen)
{
	hooks_free(&seen->hooks);
}

static int present(struct nft *nft, struct fault *fault)
{
	const unsigned wanted = RULES_PACKETS | (nft->lacks.egress ? 0 : RULES_FRAMES);
	_drop_(links_free) struct links links = { 0 };
	_drop_(drop_seen) struct seen seen = { 0 };
	int r = links_read(&links, fault);

	if (r == 0)
		r = look(nft, &links, &seen, fault);
	if (r < 0)
		return r;
	return (seen.awake & wanted) == wanted && seen.good == (1u << BASES) - 1 &&
	       (nft->lacks.egress || hooks_sound(&seen.hooks));
}

int quarantine_present(struct nft *nft, struct fault *fault)
{
	struct fault why = { 0 };
	int r = -EINTR;

	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		why = (struct fault){ 0 };
		r = present(nft, &why);
	}
	return r < 0 ? fault_set(fault, r, "%s", why.why) : r;
}

static int cover(struct nft *nft, struct fault *fault)
{
	_drop_(links_free) struct links links = { 0 };
	_drop_(drop_seen) struct seen seen = { 0 };
	int r = links_read(&links, fault);
	struct batch *b;

	if (r == 0)
		r = look(nft, &links, &seen, fault);
	if (r < 0 || !(seen.awake & RULES_FRAMES) || hooks_complete(&seen.hooks))
		return r;
	b = batch_begin(nft, NFPROTO_NETDEV);
	hooks_mend(b, TABLE, &seen.hooks);
	r = batch_commit(b, fault);
	return r < 0 ? r : 1;
}

int quarantine_cover(struct nft *nft, struct fault *fault)
{
	struct fault why = { 0 };
	int r = -EINTR;

	for (int i = 0; i < TRIES && (r == -EINTR || r == -ENOENT); i++) {
		why = (struct fault){ 0 };
		r = cover(nft, &why);
	}
	if (r < 0) {
		fault_set(fault, r, "%s", why.why);
		fault_prefix(fault, "cannot hold the new network links");
	}
	return r;
}
