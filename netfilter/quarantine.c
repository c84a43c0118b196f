// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/table.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "netfilter/batch.h"
#include "netfilter/hooks.h"
#include "netfilter/nft.h"
#include "netfilter/object.h"
#include "netfilter/peers.h"
#include "netfilter/quarantine.h"
#include "netfilter/question.h"
#include "netfilter/rules.h"

#define TABLE CONFIG_NFT_TABLE

DEFINE_DROP(nftnl_table, nftnl_table_free)
DEFINE_DROP(nftnl_chain, nftnl_chain_free)

/*
 * First on the way in and out, so that nothing sees a packet before we do; and last on the way
 * out, for what others redirect, rewrite or wrap in between.  The policy never changes while
 * the quarantine stands: only a constant drop leaks nothing while rules are replaced.
 */
static const struct base {
	const char *name;
	uint32_t hook;
	int32_t priority;
} bases[] = {
	{ "input", NF_INET_LOCAL_IN, INT32_MIN },
	{ "forward", NF_INET_FORWARD, INT32_MIN },
	{ "output", NF_INET_LOCAL_OUT, INT32_MIN },
	{ "postrouting", NF_INET_POST_ROUTING, INT32_MAX },
};

#define TRIES 8 /* links come and go while we look */

#define COUNT_OF(a) (sizeof(a) / sizeof(*(a)))

/* Flags wake a dormant table and adopt an orphan; without them one that is there is left as is. */
static void add_table(struct batch *b, const uint32_t *flags)
{
	_drop_(drop_nftnl_table) struct nftnl_table *t = nftnl_table_alloc();

	if (t)
		nftnl_table_set_str(t, NFTNL_TABLE_NAME, TABLE);
	if (t && flags)
		nftnl_table_set_u32(t, NFTNL_TABLE_FLAGS, *flags);
	batch_add_table(b, t);
}

static void add_chain(struct batch *b, const char *name, const struct base *base)
{
	_drop_(drop_nftnl_chain) struct nftnl_chain *c = nftnl_chain_alloc();

	if (c) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, TABLE);
		nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
	}
	if (c && base) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
		nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, base->hook);
		nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, base->priority);
		nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_DROP);
	}
	batch_add_chain(b, c);
}

struct plan {
	const struct allow *allow;
	const struct peers *peers;
	struct who who;
	const struct links *links; /* NULL: a kernel without hooks at links */
	uint32_t flags;		   /* NFT_TABLE_F_ */
	bool anew;
	bool mute; /* a kernel that cannot refuse (CONFIG_NFT_REJECT) */
};

static uint32_t circumstances(const struct plan *p)
{
	const struct allow *a = p->allow;

	return peers_present(p->peers) | (a->dns_any ? WHEN_DNS : 0) |
	       (a->dns_any && !a->dns_bound ? WHEN_TCP53 : 0) | (a->dns_bound ? WHEN_NAMES : 0) |
	       (a->dns_bound && !p->mute ? WHEN_REFUSE : 0) | (a->dhcp_any ? WHEN_DHCP : 0) |
	       (p->who.level ? WHEN_WHO : 0);
}

/* The table of rules is for all hosts; which cgroup it is differs. */
static void add_rule(struct batch *b, const struct plan *p, const struct rule *rule)
{
	struct rule r = *rule;

	for (size_t i = 0; i < RULE_TERMS; i++)
		r.terms[i].who = &p->who;
	rule_add(b, TABLE, &r);
}

/* The table of one family, RULES_PACKETS or RULES_FRAMES. */
static void add_rules(struct batch *b, const struct plan *p, unsigned table)
{
	const uint32_t now = circumstances(p);

	batch_family(b, table == RULES_PACKETS ? NFPROTO_INET : NFPROTO_NETDEV);
	if (p->anew) {
		add_table(b, NULL);
		batch_delete_table(b, TABLE);
	}
	add_table(b, &p->flags);
	for (size_t i = 0; table == RULES_PACKETS && i < COUNT_OF(bases); i++)
		add_chain(b, bases[i].name, &bases[i]);
	for (size_t i = 0; i < rules_n_chains; i++) {
		if (rules_chains[i].tables & table)
			add_chain(b, rules_chains[i].name, NULL);
	}
	batch_flush_rules(b, TABLE);
	peers_add_sets(b, TABLE, p->peers);
	for (size_t i = 0; i < rules_n; i++) {
		if (rules_tables(rules[i].chain) & table && (!rules[i].when || rules[i].when & now))
			add_rule(b, p, &rules[i]);
	}
	question_add_rules(b, TABLE, p->allow);
}

/* Entering, laying again and changing the list are this one way. */
static int lay(struct nft *nft, const struct plan *p, struct fault *fault)
{
	struct batch *b = batch_begin(nft, NFPROTO_INET);

	add_rules(b, p, RULES_PACKETS);
	if (p->links) {
		add_rules(b, p, RULES_FRAMES);
		hooks_add(b, TABLE, p->links);
	}
	return batch_commit(b, fault);
}

/* What a kernel says that cannot hold frames: without the family, or without its way out. */
static bool lacks_frames(int r)
{
	return r == -EOPNOTSUPP || r == -EAFNOSUPPORT;
}

static int lay_somehow(struct nft *nft, struct plan *p, struct fault *fault)
{
	struct fault first = { 0 };
	int r = lay(nft, p, &first);

	/* Somebody made a table of our name with other chains or sets in it: it cannot be edited.
	 */
	if (r == -EEXIST || r == -EBUSY || lacks_frames(r)) {
		p->anew = true;
		first = (struct fault){ 0 };
		r = lay(nft, p, &first);
	}
	if (lacks_frames(r)) {
		p->links = NULL;
		first = (struct fault){ 0 };
		r = lay(nft, p, &first);
	}
	/* Or a link is gone; then this fails as well, and all of it is tried again. */
	if (r == -ENOENT && p->allow->dns_bound) {
		p->mute = true;
		first = (struct fault){ 0 };
		r = lay(nft, p, &first);
	}
	nft->plain = !p->links;
	return r < 0 ? fault_set(fault, r, "%s", first.why) : 0;
}

/* A host that cannot tell its programs apart is held to the list all the same. */
static void find_who(struct nft *nft, const struct allow *allow, struct who *ret)
{
	struct fault why = { 0 };

	*ret = (struct who){ 0 };
	if (!allow->everyone)
		who_find(nft, ret, &why);
	snprintf(nft->everyone, sizeof(nft->everyone), "%.159s", why.why);
}

int quarantine_lay(struct nft *nft, const struct allow *allow, struct fault *fault)
{
	_drop_(drop_peers) struct peers *peers = NULL;
	int r = peers_sort(allow, &peers, fault), tries = TRIES;
	struct who who = { 0 };

	if (r == 0)
		find_who(nft, allow, &who);
	while (r == 0) {
		_drop_(links_free) struct links links = { 0 };
		struct plan p = { .allow = allow,
				  .peers = peers,
				  .who = who,
				  .links = &links,
				  .flags = ownership_flags(nft->ownership) };
		struct fault why = { 0 };

		r = links_read(&links, fault);
		if (r == 0)
			r = lay_somehow(nft, &p, &why);
		if (r == -ENOENT && --tries) {
			r = 0; /* a link was gone before we were there */
			continue;
		}
		if (r == 0)
			nft->who = who;
		if (r < 0 && *why.why)
			fault_set(fault, r, "%s", why.why);
		break;
	}
	if (r < 0)
		fault_prefix(fault, "cannot lay the quarantine");
	return r;
}

static int lift(struct nft *nft, bool frames, struct fault *fault)
{
	struct batch *b = batch_begin(nft, NFPROTO_INET);

	add_table(b, NULL); /* deleting what is not there would be refused */
	batch_delete_table(b, TABLE);
	if (frames) {
		batch_family(b, NFPROTO_NETDEV);
		add_table(b, NULL);
		batch_delete_table(b, TABLE);
	}
	return batch_commit(b, fault);
}

int quarantine_lift(struct nft *nft, struct fault *fault)
{
	struct fault first = { 0 };
	int r = lift(nft, true, &first);

	if (lacks_frames(r))
		r = lift(nft, false, fault);
	else if (r < 0)
		fault_set(fault, r, "%s", first.why);
	if (r < 0)
		fault_prefix(fault, "cannot lift the quarantine");
	return r;
}

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
	for (size_t i = 0; i < COUNT_OF(bases); i++) {
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

int quarantine_present(struct nft *nft, struct fault *fault)
{
	const unsigned wanted = RULES_PACKETS | (nft->plain ? 0 : RULES_FRAMES);
	_drop_(links_free) struct links links = { 0 };
	_drop_(drop_seen) struct seen seen = { 0 };
	int r = links_read(&links, fault);

	if (r == 0)
		r = look(nft, &links, &seen, fault);
	if (r < 0)
		return r;
	return (seen.awake & wanted) == wanted && seen.good == (1u << COUNT_OF(bases)) - 1 &&
	       (nft->plain || hooks_sound(&seen.hooks));
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
