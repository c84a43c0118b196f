// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "netfilter/ahead.h"
#include "netfilter/imprint-parts.h"
#include "netfilter/imprint.h"
#include "netfilter/object.h"
#include "netfilter/ruleset-parts.h"
#include "netfilter/share.h"
#include "netfilter/table.h"
#include "netfilter/xtables.h"

#define OBJECTS_MAX (1u << 20) /* of each kind */

struct ruleset *ruleset_new(const struct scope *scope)
{
	struct ruleset *rs = calloc(1, sizeof(*rs));

	if (!rs)
		return NULL;
	rs->scope = *scope;
	packets_begin(rs);
	return rs;
}

bool ruleset_untracks(const struct ruleset *rs)
{
	for (unsigned i = 0; i < PROBES; i++)
		if (probe_set_has(&rs->untracks, i))
			return true;
	return false;
}

bool ruleset_adds_up(const struct ruleset *rs)
{
	for (unsigned i = 0; i < PROBES; i++)
		if (rs->together[i] >= SHARE_ALL)
			return true;
	return false;
}

int ruleset_imprint(struct ruleset *rs)
{
	rs->imprint = calloc(1, sizeof(*rs->imprint));
	return rs->imprint ? 0 : -ENOMEM;
}

static void free_imprint(struct imprint *im)
{
	if (im) {
		free(im->bytes.data);
		free(im->lines);
	}
	free(im);
}

void ruleset_free(struct ruleset *rs)
{
	free_imprint(rs->imprint);
	for (uint32_t i = 0; i < rs->n_chains; i++) {
		name_free(&rs->chains[i].name);
		free(rs->chains[i].rules);
	}
	sets_drop(&rs->sets);
	hops_free(&rs->hops);
	tables_free(&rs->asleep);
	tables_free(&rs->arrivals);
	free(rs->chains);
	free(rs);
}

int ruleset_take_table(void *ctx, const struct nlmsghdr *h)
{
	struct ruleset *rs = ctx;
	struct table_seen t;
	int r = object_table(h, &t);
	bool ours;

	if (r < 0)
		return r;
	if (xtables_is_named(t.name))
		return -EBADMSG;
	ours = t.family == NFPROTO_INET && !strcmp(t.name, TABLE);
	if (!ours && !(t.flags & NFT_TABLE_F_DORMANT))
		return 0;
	return tables_add(&rs->asleep, t.family, t.name);
}

bool ruleset_arrives(const struct ruleset *rs, uint8_t family, const char *table)
{
	return tables_have(&rs->arrivals, family, table);
}

static bool is_ip(uint8_t family)
{
	return family == NFPROTO_INET || family == NFPROTO_IPV4 || family == NFPROTO_IPV6;
}

/* No rule, and a policy to drop: nothing passes there at all. */
static void note_cut(struct ruleset *rs, const struct chain_seen *c, const struct name *n)
{
	if (c->base && c->policy == NF_DROP && !c->uses && !*rs->cut &&
	    (c->hook == NF_INET_PRE_ROUTING || c->hook == NF_INET_LOCAL_OUT))
		name_text(n, rs->cut, sizeof(rs->cut));
}

int ruleset_take_chain(void *ctx, const struct nlmsghdr *h)
{
	struct ruleset *rs = ctx;
	struct chain_seen seen;
	struct kept_chain c = { 0 }, *rows;
	int r = object_chain(h, &seen);

	if (r < 0 || !is_ip(seen.family) || tables_have(&rs->asleep, seen.family, seen.table))
		return r;
	if (rs->n_chains == OBJECTS_MAX)
		return -EFBIG;
	rows = array_grow(rs->chains, rs->n_chains, &rs->room_chains, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	rs->chains = rows;
	r = name_copy(seen.family, seen.table, seen.name, &c.name);
	if (r < 0)
		return r;
	c.input = seen.base && seen.hook == NF_INET_LOCAL_IN && !strcmp(seen.type, "filter");
	c.output = seen.base && seen.hook == NF_INET_LOCAL_OUT;
	c.aside = seen.base &&
		  (c.output || seen.hook == NF_INET_FORWARD || seen.hook == NF_INET_POST_ROUTING);
	c.arrives = seen.base && seen.hook == NF_INET_PRE_ROUTING && !strcmp(seen.type, "nat");
	c.priority = seen.priority;
	c.policy = seen.policy == NF_DROP ? FATE_DROP : FATE_ACCEPT;
	rs->chains[rs->n_chains++] = c;
	note_cut(rs, &seen, &c.name);
	rs->sorted = false;
	return c.arrives ? tables_add(&rs->arrivals, seen.family, seen.table) : 0;
}

static int compare_chains(const void *a, const void *b)
{
	const struct kept_chain *x = a, *y = b;

	return name_compare(&x->name, &y->name);
}

uint32_t ruleset_chain(struct ruleset *rs, uint8_t family, const char *table, const char *chain)
{
	const struct kept_chain key = { .name = { family, (char *)table, (char *)chain } };
	const struct kept_chain *c;

	if (!rs->n_chains)
		return NOWHERE;
	if (!rs->sorted)
		qsort(rs->chains, rs->n_chains, sizeof(*rs->chains), compare_chains);
	rs->sorted = true;
	if (rs->last < rs->n_chains && compare_chains(&key, &rs->chains[rs->last]) == 0)
		return rs->last;
	c = bsearch(&key, rs->chains, rs->n_chains, sizeof(*rs->chains), compare_chains);
	return c ? (uint32_t)(c - rs->chains) : NOWHERE;
}

int ruleset_take_set(void *ctx, const struct nlmsghdr *h)
{
	struct ruleset *rs = ctx;
	struct set_seen seen = { 0 };
	int r = object_set(h, &seen);

	if (r < 0 || !is_ip(seen.family) || tables_have(&rs->asleep, seen.family, seen.table))
		return r;
	return sets_take_set(&rs->sets, h);
}

int ruleset_take_elements(void *ctx, const struct nlmsghdr *h)
{
	struct ruleset *rs = ctx;

	return sets_take_elements(&rs->sets, h);
}

const struct sets *ruleset_sets(const struct ruleset *rs)
{
	return &rs->sets;
}

/* A rule of a chain, while it is weighed for one of the probes. */
struct weighing {
	struct ruleset *rs;
	const struct place *place;
	struct kept_chain *chain;
	uint32_t first; /* of what the rule left in the chain */
	uint64_t handle;
	unsigned probe;
};

static int keep(void *ctx, const struct weight *w)
{
	struct weighing *g = ctx;
	struct kept_chain *c = g->chain;
	struct kept_rule k = {
		.effect = w->effect, .target = NOWHERE, .handle = g->handle, .position = c->taken
	};
	struct kept_rule *last = c->n > g->first ? &c->rules[c->n - 1] : NULL, *rules;

	if (w->effect == EFFECT_LEAD)
		return 0;
	if (w->share < SHARE_ALL) {
		if (g->probe < PROBES && !c->output)
			g->rs->together[g->probe] += w->share;
		return 0;
	}
	if (w->effect == EFFECT_UNTRACK) {
		if (!c->output)
			probe_set_add(&g->rs->untracks, g->probe);
		return 0;
	}
	if (w->target)
		k.target = ruleset_chain(g->rs, g->place->family, g->place->table, w->target);
	if (!last || last->effect != k.effect || last->target != k.target) {
		if (c->n == OBJECTS_MAX)
			return -EFBIG;
		rules = array_grow(c->rules, c->n, &c->room, sizeof(*rules));
		if (!rules)
			return -ENOMEM;
		c->rules = rules;
		last = &rules[c->n++];
		*last = k;
	}
	probe_set_add(&last->may, g->probe);
	if (w->sure)
		probe_set_add(&last->sure, g->probe);
	return 0;
}

int ruleset_take_rule(void *ctx, const struct nlmsghdr *h)
{
	struct ruleset *rs = ctx;
	struct rule_seen seen = { 0 };
	struct weighing g = { .rs = rs };
	int r = object_rule(h, &seen);
	struct place place = { seen.family, seen.table, &rs->sets };
	uint32_t at;

	if (r < 0)
		return r;
	ahead_learn(rs, &seen);
	at = ruleset_chain(rs, seen.family, seen.table, seen.chain);
	if (at == NOWHERE)
		return 0;
	rs->last = at;
	g.place = &place;
	g.chain = &rs->chains[at];
	g.first = g.chain->n;
	g.handle = seen.handle;
	g.chain->taken++;
	for (g.probe = 0; g.probe < rs->n_probes && r == 0; g.probe++)
		r = weigh_rule(seen.terms, &place, &rs->probes[g.probe], keep, &g);
	if (r == 0)
		r = hops_take(rs, at, seen.terms, &place);
	return r < 0 ? r : imprint_take(rs, at, seen.terms, &place);
}

int ruleset_end(struct ruleset *rs)
{
	int r = hops_end(rs);

	return r == 0 && rs->learnt ? -EAGAIN : r;
}
