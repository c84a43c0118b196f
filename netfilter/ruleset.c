// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netfilter/object.h"
#include "netfilter/ruleset.h"
#include "netfilter/sets.h"
#include "netfilter/weigh.h"

#define OBJECTS_MAX (1u << 20) /* of each kind */
#define DEPTH_MAX   64	       /* the kernel allows 16 jumps */
#define NOWHERE	    UINT32_MAX

static const struct probe probes[] = {
	{ NFPROTO_IPV4, IPPROTO_TCP },
	{ NFPROTO_IPV4, IPPROTO_UDP },
	{ NFPROTO_IPV6, IPPROTO_TCP },
	{ NFPROTO_IPV6, IPPROTO_UDP },
};
#define PROBES (sizeof(probes) / sizeof(*probes))

/* Where a packet may end up; several bits when it depends. */
enum fate { FATE_DROP = 1, FATE_ACCEPT = 2, FATE_RETURN = 4, FATE_BEING_ASKED = 8 };

struct name {
	uint8_t family;
	char *table, *chain; /* chain NULL: the table itself */
};

/* Only rules that have an effect on one of the probes at all. */
struct kept_rule {
	enum effect effect;
	uint32_t target;   /* chain, or NOWHERE */
	uint8_t sure, may; /* bit for each probe */
};

struct kept_chain {
	struct name name;
	bool input; /* a base chain that packets to this host meet */
	int32_t priority;
	uint8_t policy; /* a fate */
	struct kept_rule *rules;
	uint32_t n, room;
	uint8_t fate[PROBES]; /* 0: not asked yet */
};

struct ruleset {
	struct name *asleep; /* dormant tables, and ours: they do not count */
	uint32_t n_asleep, room_asleep;
	struct sets sets;
	struct kept_chain *chains;
	uint32_t n_chains, room_chains;
	bool sorted;
	uint32_t last; /* chain of the last rule: the dump goes chain by chain */
};

static int make_room(void **array, uint32_t n, uint32_t *room, size_t size)
{
	uint32_t more = *room ? *room * 2 : 8;
	void *p;

	if (n < *room)
		return 0;
	if (more > OBJECTS_MAX)
		return -EFBIG;
	p = realloc(*array, more * size);
	if (!p)
		return -ENOMEM;
	*array = p;
	*room = more;
	return 0;
}

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

struct ruleset *ruleset_new(void)
{
	return calloc(1, sizeof(struct ruleset));
}

void ruleset_free(struct ruleset *rs)
{
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
	int r = object_table(h, &t);
	bool ours;

	if (r < 0)
		return r;
	ours = t.family == NFPROTO_INET && !strcmp(t.name, CONFIG_NFT_TABLE);
	if (!ours && !(t.flags & NFT_TABLE_F_DORMANT))
		return 0;
	r = make_room((void **)&rs->asleep, rs->n_asleep, &rs->room_asleep, sizeof(*rs->asleep));
	if (r == 0)
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

int ruleset_take_chain(void *ctx, const struct nlmsghdr *h)
{
	struct ruleset *rs = ctx;
	struct chain_seen seen;
	struct kept_chain c = { 0 };
	int r = object_chain(h, &seen);
	struct name n = { .family = seen.family, .table = (char *)seen.table };

	if (r < 0 || !is_ip(seen.family) || is_asleep(rs, &n))
		return r;
	r = make_room((void **)&rs->chains, rs->n_chains, &rs->room_chains, sizeof(*rs->chains));
	if (r == 0)
		r = copy_name(seen.family, seen.table, seen.name, &c.name);
	if (r < 0)
		return r;
	c.input = seen.base && seen.hook == NF_INET_LOCAL_IN && !strcmp(seen.type, "filter");
	c.priority = seen.priority;
	c.policy = seen.policy == NF_DROP ? FATE_DROP : FATE_ACCEPT;
	rs->chains[rs->n_chains++] = c;
	rs->sorted = false;
	return 0;
}

static int compare_chains(const void *a, const void *b)
{
	const struct kept_chain *x = a, *y = b;

	return compare_names(&x->name, &y->name);
}

static uint32_t find_chain(struct ruleset *rs, uint8_t family, const char *table, const char *chain)
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
	unsigned probe;
};

static int keep(void *ctx, const struct weight *w)
{
	struct weighing *g = ctx;
	struct kept_chain *c = g->chain;
	struct kept_rule k = { .effect = w->effect, .target = NOWHERE };
	struct kept_rule *last = c->n > g->first ? &c->rules[c->n - 1] : NULL;
	int r;

	if (w->target)
		k.target = find_chain(g->rs, g->place->family, g->place->table, w->target);
	if (!last || last->effect != k.effect || last->target != k.target) {
		r = make_room((void **)&c->rules, c->n, &c->room, sizeof(*c->rules));
		if (r < 0)
			return r;
		last = &c->rules[c->n++];
		*last = k;
	}
	last->may |= (uint8_t)(1u << g->probe);
	last->sure |= (uint8_t)(w->sure << g->probe);
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
	at = find_chain(rs, seen.family, seen.table, seen.chain);
	if (at == NOWHERE)
		return 0;
	rs->last = at;
	g.place = &place;
	g.chain = &rs->chains[at];
	g.first = g.chain->n;
	for (g.probe = 0; g.probe < PROBES && r == 0; g.probe++)
		r = weigh_rule(seen.terms, &place, &probes[g.probe], keep, &g);
	return r;
}

static unsigned fate_in(struct ruleset *rs, uint32_t chain, unsigned probe, unsigned depth);

static unsigned fate_by(struct ruleset *rs, const struct kept_rule *rule, unsigned probe,
			unsigned depth)
{
	switch (rule->effect) {
	case EFFECT_NONE: break;
	case EFFECT_ACCEPT: return FATE_ACCEPT;
	case EFFECT_DROP: return FATE_DROP;
	case EFFECT_RETURN: return FATE_RETURN;
	case EFFECT_JUMP:
	case EFFECT_GOTO: return fate_in(rs, rule->target, probe, depth + 1);
	}
	return 0;
}

static unsigned walk(struct ruleset *rs, const struct kept_chain *c, unsigned probe, unsigned depth)
{
	unsigned fates = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		const struct kept_rule *rule = &c->rules[i];
		unsigned fate;
		bool on;

		if (!(rule->may >> probe & 1))
			continue;
		fate = fate_by(rs, rule, probe, depth);
		on = rule->effect == EFFECT_JUMP && fate & FATE_RETURN;
		fates |= on ? fate & ~(unsigned)FATE_RETURN : fate;
		if (rule->sure >> probe & 1 && !on)
			return fates;
	}
	return fates | FATE_RETURN;
}

/* Loops and depths that no kernel takes are no evidence of anything: open. */
static unsigned fate_in(struct ruleset *rs, uint32_t chain, unsigned probe, unsigned depth)
{
	struct kept_chain *c;

	if (chain == NOWHERE || depth > DEPTH_MAX)
		return FATE_ACCEPT;
	c = &rs->chains[chain];
	if (c->fate[probe] & FATE_BEING_ASKED)
		return FATE_ACCEPT;
	if (!c->fate[probe]) {
		c->fate[probe] = FATE_BEING_ASKED;
		c->fate[probe] = (uint8_t)walk(rs, c, probe, depth);
	}
	return c->fate[probe];
}

static bool closes(struct ruleset *rs, uint32_t chain, unsigned probe)
{
	const struct kept_chain *c = &rs->chains[chain];
	unsigned fates;

	if (!c->input || (c->name.family != NFPROTO_INET && c->name.family != probes[probe].family))
		return false;
	fates = fate_in(rs, chain, probe, 0);
	if (fates & FATE_RETURN)
		fates = (fates & ~(unsigned)FATE_RETURN) | c->policy;
	return fates == FATE_DROP;
}

/* A drop in any chain of the hook is final, so one that closes is enough; the first one is told. */
static const struct kept_chain *closing(struct ruleset *rs, unsigned probe)
{
	const struct kept_chain *first = NULL;

	for (uint32_t i = 0; i < rs->n_chains; i++) {
		if (closes(rs, i, probe) && (!first || rs->chains[i].priority < first->priority))
			first = &rs->chains[i];
	}
	return first;
}

static bool judge(struct ruleset *rs, uint8_t family, char *by, size_t room)
{
	const struct kept_chain *c = NULL;

	for (unsigned i = 0; i < PROBES; i++) {
		if (probes[i].family != family)
			continue;
		c = closing(rs, i);
		if (!c)
			return false;
	}
	snprintf(by, room, "%s %s %s",
		 c->name.family == NFPROTO_INET ? "inet"
		 : family == NFPROTO_IPV4	? "ip"
						: "ip6",
		 c->name.table, c->name.chain);
	return true;
}

void ruleset_judge(struct ruleset *rs, struct survey *ret)
{
	struct survey s = { 0 };

	s.closed4 = judge(rs, NFPROTO_IPV4, s.by4, sizeof(s.by4));
	s.closed6 = judge(rs, NFPROTO_IPV6, s.by6, sizeof(s.by6));
	*ret = s;
}
