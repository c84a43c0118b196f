// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libnftnl/chain.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "agent/base/count.h"
#include "netfilter/batch.h"
#include "netfilter/hooks.h"
#include "netfilter/object.h"
#include "netfilter/rule.h"

DEFINE_DROP(nftnl_chain, nftnl_chain_free)

/*
 * First of all that comes in, last of all that goes out.  Behind that only what is let through is
 * counted: a packet that the link sends and that was not counted there came past the hooks.
 */
static const struct way {
	const char *chain, *bonded; /* with no `bonded` it counts, and its name is for all links */
	uint32_t hook;
	int32_t priority;
} ways[] = {
	{ "ingress", "ingress-bonded", NF_NETDEV_INGRESS, INT32_MIN },
	{ "egress", "egress-bonded", NF_NETDEV_EGRESS, HOOKS_EGRESS },
	{ HOOKS_COUNTING, NULL, NF_NETDEV_EGRESS, INT32_MAX },
};

#define N_WAYS	 COUNT(ways)
#define ALL_WAYS ((1u << N_WAYS) - 1)

static const char *target_of(const struct way *w, const struct link *link)
{
	return link->bonded && w->bonded ? w->bonded : w->chain;
}

static void name_of(const struct way *w, const struct link *link, char out[HOOKS_NAME])
{
	snprintf(out, HOOKS_NAME, "%s.%s", target_of(w, link), link->name);
}

static void add_chain(struct batch *b, const char *table, const char *name, const struct way *w,
		      const char *device)
{
	_drop_(drop_nftnl_chain) struct nftnl_chain *c = nftnl_chain_alloc();

	if (c) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, table);
		nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
		nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
		nftnl_chain_set_str(c, NFTNL_CHAIN_DEV, device);
		nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, w->hook);
		nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, w->priority);
		nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_DROP);
	}
	batch_add_chain(b, c);
}

static void add_link(struct batch *b, const char *table, const struct link *link, unsigned which)
{
	for (size_t i = 0; i < N_WAYS; i++) {
		char name[HOOKS_NAME];
		const struct term count[] = { COUNTER, ACCEPT };
		struct term on = GOTO("");

		if (!(which & 1u << i))
			continue;
		snprintf(on.name, sizeof(on.name), "%s", target_of(&ways[i], link));
		name_of(&ways[i], link, name);
		add_chain(b, table, name, &ways[i], link->name);
		if (ways[i].bonded)
			rule_add_terms(b, table, name, &on, 1);
		else
			rule_add_terms(b, table, name, count, 2);
	}
}

void hooks_add(struct batch *b, const char *table, const struct links *links)
{
	for (size_t i = 0; i < links->n; i++)
		add_link(b, table, &links->list[i], ALL_WAYS);
}

int hooks_begin(struct hooks *h, const struct links *links)
{
	*h = (struct hooks){ .links = links,
			     .there = calloc(links->n + 1, 1),
			     .sound = calloc(links->n + 1, 1) };
	return h->there && h->sound ? 0 : -ENOMEM;
}

void hooks_free(struct hooks *h)
{
	free(h->there);
	free(h->sound);
	free(h->stale);
	*h = (struct hooks){ 0 };
}

static int add_stale(struct hooks *h, const char *name)
{
	void *p = array_grow(h->stale, h->n_stale, &h->room, sizeof(*h->stale));

	if (!p)
		return -ENOMEM;
	h->stale = p;
	memcpy(h->stale[h->n_stale++], name, strlen(name) + 1);
	return 0;
}

/* On kernels before 6.16 a chain loses its device when that is renamed. */
static bool is_sound(const struct chain_seen *c, const struct way *w, const struct link *link)
{
	return c->device && !strcmp(c->device, link->name) && !strcmp(c->type, "filter") &&
	       c->hook == w->hook && c->priority == w->priority && c->policy == NF_DROP &&
	       c->uses == 1;
}

int hooks_take(struct hooks *h, const struct chain_seen *c)
{
	const char *dot = strchr(c->name, '.');
	const struct link *link = dot ? links_find(h->links, dot + 1) : NULL;
	char name[HOOKS_NAME];

	if (!c->base || strlen(c->name) >= HOOKS_NAME)
		return 0;
	for (size_t i = 0; link && i < N_WAYS; i++) {
		name_of(&ways[i], link, name);
		if (strcmp(name, c->name) || !c->device)
			continue;
		h->there[link - h->links->list] |= (unsigned char)(1u << i);
		if (is_sound(c, &ways[i], link))
			h->sound[link - h->links->list] |= (unsigned char)(1u << i);
		return 0;
	}
	return add_stale(h, c->name);
}

static bool all(const struct hooks *h, const unsigned char *bits)
{
	for (size_t i = 0; i < h->links->n; i++) {
		if (bits[i] != ALL_WAYS)
			return false;
	}
	return true;
}

bool hooks_complete(const struct hooks *h)
{
	return !h->n_stale && all(h, h->there);
}

bool hooks_sound(const struct hooks *h)
{
	return all(h, h->sound);
}

void hooks_mend(struct batch *b, const char *table, const struct hooks *h)
{
	for (size_t i = 0; i < h->n_stale; i++)
		batch_delete_chain(b, table, h->stale[i]);
	for (size_t i = 0; i < h->links->n; i++)
		add_link(b, table, &h->links->list[i], ALL_WAYS & ~h->there[i]);
}
