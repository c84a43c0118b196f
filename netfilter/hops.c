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
#include "netfilter/share.h"

#define HOPS_MAX  (1u << 20)
#define LEADS_MAX (1u << 16)
#define DEPTH_MAX 64 /* the kernel allows 16 jumps, and no loop */

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
	*h = (struct hops){ 0 };
}

/* A rule, of which it is asked what it does with those packets that `f` names. */
struct taking {
	struct ruleset *rs;
	const struct nlattr *terms;
	const struct place *place;
	uint32_t chain;
	struct aim aim;
	bool near, leads;
	int err;
};

static int add_hop(struct taking *t, const char *target)
{
	struct hops *h = &t->rs->hops;
	struct hop hop = { t->chain, NOWHERE, t->aim, t->near }, *list;

	hop.to = ruleset_chain(t->rs, t->place->family, t->place->table, target);
	if (hop.to == NOWHERE)
		return 0;
	if (h->n == HOPS_MAX)
		return -EFBIG;
	list = array_grow(h->list, h->n, &h->room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	h->list = list;
	h->list[h->n++] = hop;
	return 0;
}

static int add_lead(struct taking *t, const struct forward *f)
{
	struct hops *h = &t->rs->hops;
	struct lead *leads;

	if (h->n_leads == LEADS_MAX)
		return -EFBIG;
	leads = array_grow(h->leads, h->n_leads, &h->room_leads, sizeof(*leads));
	if (!leads)
		return -ENOMEM;
	h->leads = leads;
	h->leads[h->n_leads] = (struct lead){ t->chain, *f };
	h->leads[h->n_leads++].f.near = t->near;
	return 0;
}

static int on_way(void *ctx, const struct weight *w)
{
	struct taking *t = ctx;

	if (w->share < SHARE_ALL)
		return 0;
	t->leads |= w->effect == EFFECT_LEAD;
	return w->effect == EFFECT_JUMP || w->effect == EFFECT_GOTO ? add_hop(t, w->target) : 0;
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
static void ask(struct taking *t, const struct forward *f, bool near)
{
	t->near = near;
	if (t->err == 0)
		t->err = weigh(t, f->protocol ? f->protocol : IPPROTO_TCP);
	if (t->err == 0 && !f->protocol)
		t->err = weigh(t, IPPROTO_UDP);
}

static void on_named(void *ctx, const struct forward *f)
{
	struct taking *t = ctx;

	t->aim = aim_of(f);
	t->leads = false;
	ask(t, f, false);
	if (!t->leads)
		ask(t, f, true);
	if (t->err == 0 && t->leads)
		t->err = add_lead(t, f);
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
	struct taking t = { .rs = rs, .terms = terms, .place = place, .chain = chain };

	if (ruleset_arrives(rs, place->family, place->table) &&
	    forward_each(terms, place, on_named, &t))
		lead_anywhere(rs, place);
	return t.err;
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

	if (!h->n_leads)
		return 0;
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
