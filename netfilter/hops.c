// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h> /* before the kernel's own */
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter.h>

#include "agent/base/array.h"
#include "agent/base/count.h"
#include "netfilter/ahead.h"
#include "netfilter/forward.h"
#include "netfilter/hops.h"
#include "netfilter/ruleset-parts.h"
#include "netfilter/sets.h"
#include "netfilter/share.h"

#define HOPS_MAX  (1u << 20)
#define LEADS_MAX (1u << 16)
#define PARTS_MAX (1u << 16)
#define PART_MIN  (SHARE_ALL >> 12) /* what 65,536 addresses have: it takes 4096 of them */
#define DEPTH_MAX 64		    /* the kernel allows 16 jumps, and no loop */

static const struct aim everything = { .any = true, .to = UINT16_MAX };

static struct aim aim_of(const struct forward *f)
{
	return (struct aim){ true, f->protocol, f->from, f->to };
}

static struct aim both(struct aim a, struct aim b)
{
	const struct aim r = { .any = a.any && b.any,
			       .protocol = a.protocol ? a.protocol : b.protocol,
			       .from = a.from > b.from ? a.from : b.from,
			       .to = a.to < b.to ? a.to : b.to };

	return r.from > r.to || (b.protocol && r.protocol != b.protocol) ? (struct aim){ 0 } : r;
}

static struct aim either(struct aim a, struct aim b)
{
	if (!a.any || !b.any)
		return a.any ? a : b;
	return (struct aim){ .any = true,
			     .protocol = a.protocol == b.protocol ? a.protocol : 0,
			     .from = a.from < b.from ? a.from : b.from,
			     .to = a.to > b.to ? a.to : b.to };
}

static bool is_same(struct aim a, struct aim b)
{
	return a.any == b.any && a.protocol == b.protocol && a.from == b.from && a.to == b.to;
}

void hops_free(struct hops *h)
{
	free(h->list);
	free(h->leads);
	free(h->parts);
	*h = (struct hops){ 0 };
}

/* A rule, of which it is asked what it does with what it names. */
struct taking {
	struct ruleset *rs;
	const struct nlattr *terms;
	const struct place *place;
	uint32_t chain;
	const struct named *named;
	struct aim aim;
	bool near;
	uint64_t leads; /* the share of what comes that it forwards */
	int err;
};

static int add_hop(struct hops *h, struct hop hop)
{
	struct hop *list;

	if (h->n == HOPS_MAX)
		return -EFBIG;
	list = array_grow(h->list, h->n, &h->room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	h->list = list;
	h->list[h->n++] = hop;
	return 0;
}

static int add_lead(struct hops *h, struct lead lead)
{
	struct lead *leads;

	if (h->n_leads == LEADS_MAX)
		return -EFBIG;
	leads = array_grow(h->leads, h->n_leads, &h->room_leads, sizeof(*leads));
	if (!leads)
		return -ENOMEM;
	h->leads = leads;
	h->leads[h->n_leads++] = lead;
	return 0;
}

/* What is for few alone may be for all together with others. */
static int add_part(struct taking *t, uint32_t to, struct aim aim, uint64_t share)
{
	struct hops *h = &t->rs->hops;
	struct part *parts;

	if (share < PART_MIN)
		return 0;
	if (h->n_parts == PARTS_MAX)
		return -EFBIG;
	parts = array_grow(h->parts, h->n_parts, &h->room_parts, sizeof(*parts));
	if (!parts)
		return -ENOMEM;
	h->parts = parts;
	h->parts[h->n_parts++] =
		(struct part){ { t->chain, to, aim, t->near }, t->named->f, share };
	return 0;
}

static int on_way(void *ctx, const struct weight *w)
{
	struct taking *t = ctx;
	uint32_t to;

	if (w->effect == EFFECT_LEAD && w->share > t->leads)
		t->leads = w->share;
	if (w->effect != EFFECT_JUMP && w->effect != EFFECT_GOTO)
		return 0;
	to = ruleset_chain(t->rs, t->place->family, t->place->table, w->target);
	if (to == NOWHERE)
		return 0;
	if (w->share < SHARE_ALL)
		return add_part(t, to, t->aim, w->share);
	return add_hop(&t->rs->hops, (struct hop){ t->chain, to, t->aim, t->near });
}

static int weigh(struct taking *t, uint8_t protocol)
{
	static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };
	const struct ahead *ahead = t->rs->scope.ahead;
	int r = 0;

	t->aim.protocol = protocol;
	for (size_t i = 0; i < COUNT(families) && r == 0; i++) {
		struct probe p = { .family = families[i],
				   .protocol = protocol,
				   .aimed = true,
				   .own = ahead && !t->near ? &ahead->own : NULL,
				   .looped = t->rs->probes[0].looped,
				   .links = t->rs->scope.links };

		ahead_tell(ahead, &p);
		if (t->place->family == NFPROTO_INET || t->place->family == families[i])
			r = weigh_rule(t->terms, t->place, &p, on_way, t);
	}
	return r;
}

/* Where the rule names no protocol, these two stand for all. */
static void ask(struct taking *t, bool near)
{
	const uint8_t protocol = t->named->f.protocol;

	t->near = near;
	t->leads = 0;
	if (t->err == 0)
		t->err = weigh(t, protocol ? protocol : IPPROTO_TCP);
	if (t->err == 0 && !protocol)
		t->err = weigh(t, IPPROTO_UDP);
}

static int add_leads(struct taking *t)
{
	const struct set *ports = t->named->ports;
	struct hops *h = &t->rs->hops;
	struct lead lead = { t->chain, t->named->f };
	int r = 0;

	lead.f.near = t->near;
	/* Too many are taken for all from the first to the last: others need room, too. */
	if (!ports || ports->n > (LEADS_MAX - h->n_leads) / 2)
		return add_lead(h, lead);
	for (uint32_t i = 0; i < ports->n && r == 0; i++) {
		forward_ports(&ports->elements[i], &lead.f.from, &lead.f.to);
		r = add_lead(h, lead);
	}
	return r;
}

static int take_rule(struct taking *t)
{
	uint64_t own;

	ask(t, false);
	own = t->leads;
	if (own < SHARE_ALL)
		ask(t, true);
	if (t->err < 0 || !t->leads)
		return t->err;
	if (t->leads >= SHARE_ALL)
		return add_leads(t);
	t->near = !own;
	return add_part(t, NOWHERE, aim_of(&t->named->f), own ? own : t->leads);
}

static void lead_anywhere(struct ruleset *rs, const struct place *place)
{
	for (size_t i = 0; i < rs->n_chains; i++) {
		struct kept_chain *c = &rs->chains[i];

		c->arrives |= c->name.family == place->family &&
			      !strcmp(c->name.table, place->table);
	}
}

int hops_take(struct ruleset *rs, uint32_t chain, const struct nlattr *terms,
	      const struct place *place)
{
	struct named named;
	struct taking t = { rs, terms, place, chain, .named = &named };

	if (!terms || !ruleset_arrives(rs, place->family, place->table))
		return 0;
	forward_read(terms, place, &named);
	named.f.own |= named.f.by_address && ahead_is_own(rs->scope.ahead, &named.whereto);
	t.aim = aim_of(&named.f);
	if (named.anywhere)
		lead_anywhere(rs, place);
	return take_rule(&t);
}

/* In groups of those that do the same with the same ports. */
static int compare_parts(const void *a, const void *b)
{
	const struct hop *x = &((const struct part *)a)->hop, *y = &((const struct part *)b)->hop;
	const uint32_t keys[][2] = {
		{ x->from, y->from },	      { x->to, y->to },
		{ x->near, y->near },	      { x->aim.protocol, y->aim.protocol },
		{ x->aim.from, y->aim.from }, { x->aim.to, y->aim.to }
	};

	for (size_t i = 0; i < COUNT(keys); i++)
		if (keys[i][0] != keys[i][1])
			return keys[i][0] < keys[i][1] ? -1 : 1;
	return 0;
}

/* As one rule that is for all whom the group is for. */
static int add_group(struct hops *h, const struct part *p)
{
	struct lead lead = { p->hop.from, p->f };

	lead.f.near = p->hop.near;
	return p->hop.to == NOWHERE ? add_lead(h, lead) : add_hop(h, p->hop);
}

static int add_up(struct hops *h)
{
	const struct part *own = NULL;
	uint64_t sum = 0;
	int r = 0;

	if (h->n_parts)
		qsort(h->parts, h->n_parts, sizeof(*h->parts), compare_parts);
	for (size_t i = 0; i < h->n_parts && r == 0; i++) {
		sum += h->parts[i].share;
		own = h->parts[i].f.own ? &h->parts[i] : own;
		if (i + 1 < h->n_parts && compare_parts(&h->parts[i], &h->parts[i + 1]) == 0)
			continue;
		if (sum >= SHARE_ALL)
			r = add_group(h, own ? own : &h->parts[i]);
		sum = 0;
		own = NULL;
	}
	return r;
}

/* What comes to each chain.  Of chains without a loop, one more round settles one more depth. */
static void spread(const struct ruleset *rs, bool near, struct aim *aims)
{
	const struct hops *h = &rs->hops;
	bool news = true;

	for (size_t i = 0; i < rs->n_chains; i++)
		aims[i] = rs->chains[i].arrives ? everything : (struct aim){ 0 };
	for (unsigned depth = 0; news && depth < DEPTH_MAX; depth++) {
		news = false;
		for (size_t i = 0; i < h->n; i++) {
			const struct hop *hop = &h->list[i];
			struct aim aim = either(aims[hop->to], both(aims[hop->from], hop->aim));

			if ((hop->near && !near) || is_same(aim, aims[hop->to]))
				continue;
			aims[hop->to] = aim;
			news = true;
		}
	}
}

/* Those that only neighbours meet take the room that is left, and are not counted. */
static void keep(struct ruleset *rs, struct forward f, struct aim aim, bool near)
{
	f.protocol = aim.protocol;
	f.from = aim.from;
	f.to = aim.to;
	f.near = near;
	rs->all_forwards += !near;
	if (rs->n_forwards < SURVEY_FORWARDS)
		rs->forwards[rs->n_forwards++] = f;
	ahead_lead(rs, &f);
}

int hops_end(struct ruleset *rs)
{
	const struct hops *h = &rs->hops;
	struct aim *own, *all;
	int r = add_up(&rs->hops);

	if (r < 0 || !h->n_leads)
		return r;
	own = calloc(2 * rs->n_chains, sizeof(*own));
	if (!own)
		return -ENOMEM;
	all = own + rs->n_chains;
	spread(rs, false, own);
	spread(rs, true, all);
	for (unsigned near = 0; near < 2; near++) {
		for (size_t i = 0; i < h->n_leads; i++) {
			const struct lead *l = &h->leads[i];
			const struct aim here = both(own[l->chain], aim_of(&l->f));
			const bool is_near = l->f.near || !here.any;
			const struct aim aim = is_near ? both(all[l->chain], aim_of(&l->f)) : here;

			if (aim.any && is_near == near)
				keep(rs, l->f, aim, near);
		}
	}
	free(own);
	return 0;
}
