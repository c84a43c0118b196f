// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "netfilter/batch.h"
#include "netfilter/change.h"
#include "netfilter/laid.h"
#include "netfilter/nft.h"
#include "netfilter/quarantine.h"
#include "netfilter/table.h"

struct list {
	struct peer *peers;
	size_t n;
};

#define LISTS 2 /* PEERS_OUT and PEERS_IN; PEERS_OPEN goes by itself */

struct laid {
	struct list lists[LISTS];
	struct services services;
	uint32_t n[PEERS_COUNT]; /* of their peers, by set */
	uint64_t rules;		 /* batch_digest() of them */
	uint32_t generation;	 /* of the ruleset, with this in it */
};

struct edit {
	const struct allow *allow;
	struct services services; /* the ones that are laid, while the sets last */
	struct change changes[LISTS];
	uint32_t n[PEERS_COUNT]; /* as it will be */
	uint32_t generation;	 /* that it was made for */
};

static struct list list_of(const struct allow *a, enum peers_list which)
{
	return which == PEERS_IN ? (struct list){ a->in, a->n_in }
				 : (struct list){ a->out, a->n_out };
}

static void laid_free(struct laid *l)
{
	free(l->lists[PEERS_OUT].peers);
	free(l->lists[PEERS_IN].peers);
	free(l);
}

DEFINE_DROP(laid, laid_free)

void laid_forget(struct nft *nft)
{
	if (nft->laid)
		laid_free(nft->laid);
	nft->laid = NULL;
}

/* Every transaction that takes effect counts one on, and 0 is left out. */
static uint32_t next(uint32_t generation)
{
	return generation + 1 ? generation + 1 : 1;
}

/* What no other socket may change needs no generation, which others' own tables move on, too. */
static bool ours_alone(const struct nft *nft)
{
	return nft->ownership == OWNERSHIP_OWNED;
}

static void count(const struct peer *peers, size_t n, enum peers_list which,
		  const struct services *services, int by, uint32_t sets[PEERS_COUNT])
{
	for (size_t i = 0; i < n; i++)
		sets[peers_set_of(&peers[i], which, services)] += (uint32_t)by;
}

void laid_keep(struct nft *nft, const struct allow *allow, struct services services, uint64_t rules,
	       uint32_t before)
{
	_drop_(drop_laid) struct laid *l = calloc(1, sizeof(*l));
	uint32_t now;

	laid_forget(nft);
	if (!l || nft->lays_once || allow->n_open || nft_generation(nft, &now, NULL) < 0 ||
	    (!ours_alone(nft) && now != next(before)))
		return;
	l->rules = rules;
	l->services = services;
	l->generation = now;
	for (enum peers_list which = 0; which < LISTS; which++) {
		const struct list from = list_of(allow, which);
		struct list *to = &l->lists[which];

		to->n = from.n;
		to->peers = calloc(from.n + 1, sizeof(*to->peers));
		if (!to->peers)
			return;
		if (from.n)
			memcpy(to->peers, from.peers, from.n * sizeof(*to->peers));
		count(to->peers, to->n, which, &services, 1, l->n);
	}
	nft->laid = take(l);
}

static int find(const struct laid *l, struct edit *e, enum peers_list which)
{
	const struct list old = l->lists[which], new = list_of(e->allow, which);
	struct change *c = &e->changes[which];
	int r = new.n > ALLOW_PEERS_MAX ? -E2BIG
					: change_find(old.peers, old.n, new.peers, new.n, c);

	if (r < 0)
		return r;
	r = peers_check(new.peers + c->head, c->n_new, "", NULL);
	if (r < 0)
		return r;
	count(old.peers + c->head, c->n_old, which, &l->services, -1, e->n);
	count(new.peers + c->head, c->n_new, which, &l->services, 1, e->n);
	return 0;
}

int edit_begin(struct nft *nft, const struct allow *allow, struct edit **ret)
{
	_drop_(drop_edit) struct edit *e = calloc(1, sizeof(*e));
	int r = 0;

	if (!e || !nft->laid || allow->n_open)
		return -ENOENT;
	r = nft_generation(nft, &e->generation, NULL);
	if (r == 0 && !ours_alone(nft) && e->generation != nft->laid->generation)
		r = -ESTALE;
	e->allow = allow;
	e->services = nft->laid->services;
	memcpy(e->n, nft->laid->n, sizeof(e->n));
	for (enum peers_list which = 0; which < LISTS && r == 0; which++)
		r = find(nft->laid, e, which);
	if (r == 0)
		*ret = take(e);
	return r;
}

void edit_free(struct edit *e)
{
	change_free(&e->changes[PEERS_OUT]);
	change_free(&e->changes[PEERS_IN]);
	free(e);
}

uint32_t edit_present(const struct edit *e)
{
	uint32_t present = 0;

	for (unsigned set = 0; set < PEERS_COUNT; set++)
		present |= e->n[set] ? WHEN(set) : 0;
	return present;
}

struct services edit_services(const struct edit *e)
{
	return e->services;
}

static void add_element(struct batch *b, const struct edit *e, const struct peer *p,
			enum peers_list which, bool gone)
{
	peers_edit_set(b, TABLE, p, peers_set_of(p, which, &e->services), gone);
}

static bool is_empty(const struct change *c)
{
	return !c->n_gone && !c->n_come;
}

/* The elements of both lists, set by set as the lists have them. */
static void add_elements(struct batch *b, const struct edit *e)
{
	for (enum peers_list which = 0; which < LISTS; which++) {
		const struct change *c = &e->changes[which];

		for (size_t i = 0; i < c->n_gone; i++)
			add_element(b, e, c->gone[i], which, true);
		for (size_t i = 0; i < c->n_come; i++)
			add_element(b, e, c->come[i], which, false);
	}
}

static int commit(struct nft *nft, const struct edit *e)
{
	struct batch *b = batch_begin(nft, NFPROTO_INET);
	size_t from, to;

	if (!ours_alone(nft))
		batch_only_at(b, e->generation);
	from = batch_here(b);
	add_elements(b, e);
	to = batch_here(b);
	if (!nft->lacks.egress) {
		batch_family(b, NFPROTO_NETDEV);
		batch_repeat(b, from, to);
	}
	return batch_commit(b, NULL);
}

/* In place: most of a long list stays where it is. */
static int splice(struct list *l, const struct list *new, const struct change *c)
{
	struct peer *p = l->peers;

	if (new->n > l->n)
		p = reallocarray(p, new->n, sizeof(*p));
	if (!p)
		return -ENOMEM;
	memmove(p + c->head + c->n_new, p + l->n - c->tail, c->tail * sizeof(*p));
	if (c->n_new)
		memcpy(p + c->head, new->peers + c->head, c->n_new * sizeof(*p));
	*l = (struct list){ p, new->n };
	return 0;
}

static int remember(struct laid *l, const struct edit *e, uint32_t generation)
{
	int r = 0;

	for (enum peers_list which = 0; which < LISTS && r == 0; which++) {
		const struct list new = list_of(e->allow, which);

		r = splice(&l->lists[which], &new, &e->changes[which]);
	}
	memcpy(l->n, e->n, sizeof(l->n));
	l->generation = generation;
	return r;
}

int edit_lay(struct nft *nft, const struct edit *e, uint64_t rules)
{
	uint32_t generation = e->generation;

	if (rules != nft->laid->rules || quarantine_present(nft, NULL) != 1)
		return -ESTALE;
	if (!is_empty(&e->changes[PEERS_OUT]) || !is_empty(&e->changes[PEERS_IN])) {
		if (commit(nft, e) < 0)
			return -ESTALE;
		generation = next(generation);
	}
	if (remember(nft->laid, e, generation) < 0)
		laid_forget(nft);
	return 0;
}
