// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/table.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "netfilter/bases.h"
#include "netfilter/batch.h"
#include "netfilter/hooks.h"
#include "netfilter/lacks.h"
#include "netfilter/laid.h"
#include "netfilter/nft.h"
#include "netfilter/peers.h"
#include "netfilter/quarantine.h"
#include "netfilter/question.h"
#include "netfilter/rules.h"
#include "netfilter/table.h"

DEFINE_DROP(nftnl_table, nftnl_table_free)
DEFINE_DROP(nftnl_chain, nftnl_chain_free)

#define TRIES 8 /* links come and go while we look */

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
	uint32_t present; /* as in peers_present() */
	struct services services;
	struct who who;
	const struct links *links; /* NULL: a kernel without hooks at links */
	uint32_t flags;		   /* NFT_TABLE_F_ */
	uint64_t rules;		   /* digest of what was laid last */
	bool anew;
	struct nft_lacks lacks;
};

static uint32_t circumstances(const struct plan *p)
{
	const struct allow *a = p->allow;

	return p->present | (a->dns_any ? WHEN_DNS : 0) |
	       (a->dns_any && !a->dns_bound ? WHEN_TCP53 : 0) | (a->dns_bound ? WHEN_NAMES : 0) |
	       (a->dns_any && a->n_open_names ? WHEN_OPEN_NAMES : 0) |
	       (a->dns_bound && !p->lacks.reject ? WHEN_REFUSE : 0) |
	       (a->dhcp_any ? WHEN_DHCP : 0) | (p->who.level ? WHEN_WHO : 0);
}

/*
 * The table of rules is for all hosts; which cgroup and which port it is differs, and what the
 * kernel can do.
 */
static void add_rule(struct batch *b, const struct plan *p, const struct rule *rule)
{
	const uint32_t id = (uint32_t)(rule - rules);
	struct rule r = *rule;

	for (size_t i = 0; i < RULE_TERMS; i++) {
		r.terms[i].who = &p->who;
		if (r.terms[i].op == TERM_MAIN)
			r.terms[i].value = r.terms[i].base == AF_INET ? p->services.port4
								      : p->services.port6;
	}
	if (p->lacks.limit)
		lacks_add_rule(b, TABLE, &r, id);
	else
		rule_add(b, TABLE, &r);
}

/* One laying: the tables hold the same peers, so their elements are made once. */
struct laying {
	struct batch *batch;
	size_t from, to; /* where the elements are */
	uint64_t rules;	 /* digest of the rules, and of the tables' flags */
};

static void add_sets(struct laying *l, const struct peers *peers)
{
	peers_add_sets(l->batch, TABLE, peers);
	if (l->from)
		return batch_repeat(l->batch, l->from, l->to);
	l->from = batch_here(l->batch);
	peers_fill_sets(l->batch, TABLE, peers);
	l->to = batch_here(l->batch);
}

/* Of one table, RULES_PACKETS or RULES_FRAMES. */
static void add_rules(struct laying *l, const struct plan *p, unsigned table)
{
	const size_t from = batch_here(l->batch);
	const uint32_t now = circumstances(p);

	for (size_t i = 0; i < rules_n; i++) {
		if (rules_tables(rules[i].chain) & table && (!rules[i].when || rules[i].when & now))
			add_rule(l->batch, p, &rules[i]);
	}
	question_add_rules(l->batch, TABLE, p->allow);
	l->rules = batch_digest(l->batch, from, batch_here(l->batch), l->rules);
}

static void add_family(struct laying *l, const struct plan *p, unsigned table)
{
	struct batch *b = l->batch;

	batch_family(b, table == RULES_PACKETS ? NFPROTO_INET : NFPROTO_NETDEV);
	if (p->anew) {
		add_table(b, NULL);
		batch_delete_table(b, TABLE);
	}
	add_table(b, &p->flags);
	for (size_t i = 0; table == RULES_PACKETS && i < BASES; i++)
		add_chain(b, bases[i].name, &bases[i]);
	for (size_t i = 0; i < rules_n_chains; i++) {
		if (rules_chains[i].tables & table)
			add_chain(b, rules_chains[i].name, NULL);
	}
	batch_flush_rules(b, TABLE);
	if (p->lacks.limit)
		lacks_add_tokens(b, TABLE);
	add_sets(l, p->peers);
	add_rules(l, p, table);
}

/* Entering, and laying all of it again, are this one way. */
static int lay(struct nft *nft, struct plan *p, struct fault *fault)
{
	struct laying l = { .batch = batch_begin(nft, NFPROTO_INET), .rules = p->flags };

	add_family(&l, p, RULES_PACKETS);
	if (p->links) {
		add_family(&l, p, RULES_FRAMES);
		hooks_add(l.batch, TABLE, p->links);
	}
	p->rules = l.rules;
	return batch_commit(l.batch, fault);
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
	/* Or a link is gone; then all of it is tried again. */
	if (r == -ENOENT && lacks_find(nft)) {
		p->lacks = nft->lacks;
		first = (struct fault){ 0 };
		r = lay(nft, p, &first);
	}
	nft->lacks.egress = !p->links;
	return r < 0 ? fault_set(fault, r, "%s", first.why) : 0;
}

/* What the rules would be, as this kernel took them. */
static uint64_t rules_digest(struct nft *nft, const struct plan *p)
{
	_drop_(drop_batch) struct batch *b = batch_begin(nft, NFPROTO_INET);
	struct laying l = { .batch = b, .rules = p->flags };

	add_rules(&l, p, RULES_PACKETS);
	batch_family(b, NFPROTO_NETDEV);
	if (!nft->lacks.egress)
		add_rules(&l, p, RULES_FRAMES);
	return l.rules;
}

/* Much of the time the list is another by a few addresses, or not at all. */
static bool lay_difference(struct nft *nft, struct plan p)
{
	_drop_(drop_edit) struct edit *e = NULL;

	if (edit_begin(nft, p.allow, &e) < 0)
		return false;
	p.present = edit_present(e);
	p.services = edit_services(e);
	return edit_lay(nft, e, rules_digest(nft, &p)) == 0;
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

static int lay_whole(struct nft *nft, struct plan *p, struct fault *fault)
{
	_drop_(links_free) struct links links = { 0 };
	int r = links_read(&links, fault);

	if (r < 0)
		return r;
	p->links = &links;
	p->anew = false;
	r = lay_somehow(nft, p, fault);
	p->links = NULL;
	return r;
}

static int lay_again(struct nft *nft, struct plan *p, struct fault *fault)
{
	uint32_t before = 0;
	struct fault why = { 0 };
	int r = -ENOENT;

	for (int i = 0; i < TRIES && r == -ENOENT; i++) { /* a link was gone before we were there */
		why = (struct fault){ 0 };
		r = nft_generation(nft, &before, &why);
		if (r == 0)
			r = lay_whole(nft, p, &why);
	}
	if (r == 0)
		laid_keep(nft, p->allow, p->services, p->rules, before);
	return r < 0 ? fault_set(fault, r, "%s", why.why) : 0;
}

int quarantine_lay(struct nft *nft, const struct allow *allow, struct fault *fault)
{
	_drop_(drop_peers) struct peers *peers = NULL;
	struct plan p = { .allow = allow,
			  .flags = ownership_flags(nft->ownership),
			  .lacks = nft->lacks };
	int r;

	find_who(nft, allow, &p.who);
	if (lay_difference(nft, p))
		return 0;
	laid_forget(nft);
	r = peers_sort(allow, &peers, fault);
	if (r == 0) {
		p.peers = peers;
		p.present = peers_present(peers);
		p.services = peers_services(peers);
		r = lay_again(nft, &p, fault);
	}
	if (r == 0)
		nft->who = p.who;
	else
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
	int r;

	laid_forget(nft);
	r = lift(nft, true, &first);

	if (lacks_frames(r))
		r = lift(nft, false, fault);
	else if (r < 0)
		fault_set(fault, r, "%s", first.why);
	if (r < 0)
		fault_prefix(fault, "cannot lift the quarantine");
	return r;
}
