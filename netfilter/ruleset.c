// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "netfilter/ahead.h"
#include "netfilter/forward.h"
#include "netfilter/imprint-parts.h"
#include "netfilter/imprint.h"
#include "netfilter/object.h"
#include "netfilter/ruleset-parts.h"
#include "netfilter/share.h"
#include "netfilter/table.h"

#define OBJECTS_MAX (1u << 20) /* of each kind */

static const struct probe first_probes[PROBES] = {
	{ .family = NFPROTO_IPV4, .protocol = IPPROTO_TCP },
	{ .family = NFPROTO_IPV4, .protocol = IPPROTO_UDP },
	{ .family = NFPROTO_IPV6, .protocol = IPPROTO_TCP },
	{ .family = NFPROTO_IPV6, .protocol = IPPROTO_UDP },
};

static int compare_names(const struct name *a, const struct name *b)
{
	int r = a->family - b->family;

	if (r == 0)
		r = strcmp(a->table, b->table);
	return r || !a->chain || !b->chain ? r : strcmp(a->chain, b->chain);
}

static void free_name(struct name *n)
{
	free(n->table);
	free(n->chain);
}

static int copy_name(uint8_t family, const char *table, const char *chain, struct name *ret)
{
	struct name n = { .family = family,
			  .table = strdup(table),
			  .chain = chain ? strdup(chain) : NULL };

	if (!n.table || (chain && !n.chain)) {
		free_name(&n);
		return -ENOMEM;
	}
	*ret = n;
	return 0;
}

static void add_probe(struct ruleset *rs, const struct probe *p)
{
	if (rs->n_probes == PROBES_MAX)
		return;
	rs->probes[rs->n_probes] = *p;
	rs->probes[rs->n_probes].untracked = rs->scope.untracked;
	ahead_tell(rs->scope.ahead, &rs->probes[rs->n_probes]);
	rs->probes[rs->n_probes++].links = rs->scope.links;
}

struct ruleset *ruleset_new(const struct scope *scope)
{
	struct ruleset *rs = calloc(1, sizeof(*rs));

	if (!rs)
		return NULL;
	rs->scope = *scope;
	for (unsigned i = 0; i < PROBES; i++)
		add_probe(rs, &first_probes[i]);
	return rs;
}

void ruleset_ask(struct ruleset *rs, const struct survey_port *port)
{
	add_probe(rs, &(struct probe){ .family = port->family,
				       .protocol = port->protocol,
				       .port = port->port });
}

void ruleset_ask_from(struct ruleset *rs, const struct survey_port *port, const uint8_t *source)
{
	struct probe p = { .family = port->family,
			   .protocol = port->protocol,
			   .port = port->port,
			   .from_there = true };

	memcpy(p.source, source, sizeof(p.source));
	add_probe(rs, &p);
}

void ruleset_note(struct ruleset *rs, struct edges *edges)
{
	for (unsigned i = 0; i < PROBES; i++)
		rs->probes[i].edges = edges;
}

bool ruleset_untracks(const struct ruleset *rs)
{
	return rs->untracks & ((1u << PROBES) - 1);
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
	for (uint32_t i = 0; i < rs->n_asleep; i++)
		free_name(&rs->asleep[i]);
	for (uint32_t i = 0; i < rs->n_chains; i++) {
		free_name(&rs->chains[i].name);
		free(rs->chains[i].rules);
	}
	sets_drop(&rs->sets);
	free(rs->asleep);
	free(rs->chains);
	free(rs);
}

int ruleset_take_table(void *ctx, const struct nlmsghdr *h)
{
	struct ruleset *rs = ctx;
	struct table_seen t;
	struct name *rows;
	int r = object_table(h, &t);
	bool ours;

	if (r < 0)
		return r;
	ours = t.family == NFPROTO_INET && !strcmp(t.name, TABLE);
	if (!ours && !(t.flags & NFT_TABLE_F_DORMANT))
		return 0;
	if (rs->n_asleep == OBJECTS_MAX)
		return -EFBIG;
	rows = array_grow(rs->asleep, rs->n_asleep, &rs->room_asleep, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	rs->asleep = rows;
	r = copy_name(t.family, t.name, NULL, &rs->asleep[rs->n_asleep]);
	if (r == 0)
		rs->n_asleep++;
	return r;
}

static bool is_asleep(const struct ruleset *rs, const struct name *n)
{
	for (uint32_t i = 0; i < rs->n_asleep; i++) {
		if (compare_names(&rs->asleep[i], n) == 0)
			return true;
	}
	return false;
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
	struct name n = { .family = seen.family, .table = (char *)seen.table };

	if (r < 0 || !is_ip(seen.family) || is_asleep(rs, &n))
		return r;
	if (rs->n_chains == OBJECTS_MAX)
		return -EFBIG;
	rows = array_grow(rs->chains, rs->n_chains, &rs->room_chains, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	rs->chains = rows;
	r = copy_name(seen.family, seen.table, seen.name, &c.name);
	if (r < 0)
		return r;
	c.input = seen.base && seen.hook == NF_INET_LOCAL_IN && !strcmp(seen.type, "filter");
	c.output = seen.base && seen.hook == NF_INET_LOCAL_OUT;
	c.aside = seen.base &&
		  (c.output || seen.hook == NF_INET_FORWARD || seen.hook == NF_INET_POST_ROUTING);
	c.priority = seen.priority;
	c.policy = seen.policy == NF_DROP ? FATE_DROP : FATE_ACCEPT;
	rs->chains[rs->n_chains++] = c;
	note_cut(rs, &seen, &c.name);
	rs->sorted = false;
	return 0;
}

static int compare_chains(const void *a, const void *b)
{
	const struct kept_chain *x = a, *y = b;

	return compare_names(&x->name, &y->name);
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
	struct name n = { .family = seen.family, .table = (char *)seen.table };

	return r < 0 || !is_ip(seen.family) || is_asleep(rs, &n) ? r : sets_take_set(&rs->sets, h);
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
	struct kept_rule k = { w->effect, NOWHERE, 0, 0, g->handle, c->taken };
	struct kept_rule *last = c->n > g->first ? &c->rules[c->n - 1] : NULL, *rules;

	if (w->share < SHARE_ALL) {
		if (g->probe < PROBES && !c->output)
			g->rs->together[g->probe] += w->share;
		return 0;
	}
	if (w->effect == EFFECT_UNTRACK) {
		g->rs->untracks |= (uint64_t)!c->output << g->probe;
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
	last->may |= UINT64_C(1) << g->probe;
	last->sure |= (uint64_t)w->sure << g->probe;
	return 0;
}

static void keep_forward(void *ctx, const struct forward *f)
{
	struct ruleset *rs = ctx;

	rs->all_forwards++;
	if (rs->n_forwards < SURVEY_FORWARDS)
		rs->forwards[rs->n_forwards++] = *f;
	ahead_lead(rs, f);
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
	if (r == 0 && !g.chain->output)
		forward_each(seen.terms, &place, keep_forward, rs);
	return r < 0 ? r : imprint_take(rs, at, seen.terms, &place);
}
