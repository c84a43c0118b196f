// SPDX-License-Identifier: GPL-2.0-or-later
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/load.h"
#include "netfilter/lookup.h"
#include "netfilter/match.h"
#include "netfilter/object.h"
#include "netfilter/target.h"
#include "netfilter/weigh-parts.h"

/* Without a register to load it sets something. */
static void on_meta(struct scene *s, const struct nlattr **a)
{
	if (a[NFTA_META_DREG])
		load_meta(s->probe, a, scene_reg(s, a[NFTA_META_DREG]));
}

static void on_ct(struct scene *s, const struct nlattr **a)
{
	if (!a[NFTA_CT_DREG])
		return;
	load_ct(s->probe, a, scene_reg(s, a[NFTA_CT_DREG]));
	/* Without a connection only its state can be asked for: all else ends the rule. */
	if (s->probe->tracking != TRACKING_NEW &&
	    object_be32(a[NFTA_CT_KEY], UINT32_MAX) != NFT_CT_STATE)
		scene_lower(s, 0, SHARE_MOST);
}

static void on_fib(struct scene *s, const struct nlattr **a)
{
	load_fib(s->probe, a, scene_reg(s, a[NFTA_FIB_DREG]));
}

static void on_payload(struct scene *s, const struct nlattr **a)
{
	if (a[NFTA_PAYLOAD_DREG])
		load_payload(s->probe, a, scene_reg(s, a[NFTA_PAYLOAD_DREG]));
}

/* The way is counted when the odds so far are enough for what it does. */
static void tell(struct scene *s, enum effect effect, const char *target)
{
	enum odds enough = effect == EFFECT_DROP     ? ODDS_SURE
			   : effect == EFFECT_RETURN ? ODDS_PERHAPS
						     : ODDS_LIKELY;
	struct weight w = { effect, target, s->odds == ODDS_SURE, SHARE_ALL };

	s->done = effect != EFFECT_UNTRACK;
	if (s->odds == ODDS_PERHAPS && enough == ODDS_LIKELY)
		w.share = s->share;
	else if (s->odds < enough)
		return;
	if (s->err == 0)
		s->err = s->each(s->ctx, &w);
}

static void on_verdict(struct scene *s, uint32_t code, const char *target)
{
	switch ((int32_t)code) {
	case NFT_CONTINUE: return;
	case NFT_BREAK: s->done = true; return;
	case NFT_RETURN: return tell(s, EFFECT_RETURN, NULL);
	case NFT_JUMP: return tell(s, EFFECT_JUMP, target ? target : "");
	case NFT_GOTO: return tell(s, EFFECT_GOTO, target ? target : "");
	}
	/* What is queued is up to a program. */
	tell(s, code == NF_DROP ? EFFECT_DROP : EFFECT_ACCEPT, NULL);
}

/*
 * Each verdict of the map is a way, as probable as that the map has one: who names half of the
 * ports to jump here and half to jump there names none.  But what comes by one link comes by none
 * of the others.
 */
static uint64_t share_of_way(const struct value *v, const struct element *e, uint64_t own,
			     uint64_t all)
{
	if ((v->field == FIELD_NAME || v->field == FIELD_LINK) && v->len == e->len)
		return own;
	return own == SHARE_ALL || all < SHARE_ALL ? all : SHARE_DOUBT;
}

static void tell_map(struct scene *s, const struct set *set, uint64_t share, const struct value *v,
		     size_t n)
{
	const enum odds before = s->odds;
	const uint64_t share_before = s->share;

	for (uint32_t i = 0; i < set->n; i++) {
		const struct element *e = &set->elements[i];
		uint64_t own = e->ends ? 0 : lookup_share_of(set, e, v, n);

		if (!own || (share == SHARE_ALL && own != SHARE_ALL))
			continue;
		scene_lower(s, share_of_way(v, e, own, share), scene_most(v));
		on_verdict(s, e->verdict ? e->code : NF_ACCEPT, e->chain);
		s->odds = before;
		s->share = share_before;
	}
	s->done = true;
}

static void on_lookup(struct scene *s, const struct nlattr **a)
{
	const struct value *v = scene_reg(s, a[NFTA_LOOKUP_SREG]);
	const char *name = object_text(a[NFTA_LOOKUP_SET]);
	const struct set *set =
		name ? sets_find(s->place->sets, s->place->family, s->place->table, name) : NULL;
	size_t n = (size_t)(&s->regs[REGISTERS] - v);
	uint64_t share = set ? lookup_share(set, v, n) : SHARE_DOUBT;
	bool verdict = object_be32(a[NFTA_LOOKUP_DREG], UINT32_MAX) == NFT_REG_VERDICT;

	if (set)
		scene_note_keys(s, set, v, n);
	if (verdict && set && set->whole)
		return tell_map(s, set, share, v, n);
	if (object_be32(a[NFTA_LOOKUP_FLAGS], 0) & NFT_LOOKUP_F_INV)
		share = SHARE_ALL - share;
	scene_lower(s, share, scene_most(v));
	if (verdict)
		return tell(s, EFFECT_ACCEPT, NULL);
	if (a[NFTA_LOOKUP_DREG])
		*scene_reg(s, a[NFTA_LOOKUP_DREG]) = (struct value){ 0 };
}

static void on_immediate(struct scene *s, const struct nlattr **a)
{
	const struct nlattr *d[NFTA_DATA_MAX + 1], *v[NFTA_VERDICT_MAX + 1];

	if (object_be32(a[NFTA_IMMEDIATE_DREG], UINT32_MAX) != NFT_REG_VERDICT) {
		*scene_reg(s, a[NFTA_IMMEDIATE_DREG]) = (struct value){ 0 };
		return;
	}
	if (!a[NFTA_IMMEDIATE_DATA] ||
	    object_sort_nested(a[NFTA_IMMEDIATE_DATA], d, NFTA_DATA_MAX) < 0 ||
	    !d[NFTA_DATA_VERDICT] ||
	    object_sort_nested(d[NFTA_DATA_VERDICT], v, NFTA_VERDICT_MAX) < 0)
		return tell(s, EFFECT_ACCEPT, NULL);
	on_verdict(s, object_be32(v[NFTA_VERDICT_CODE], NF_ACCEPT),
		   object_text(v[NFTA_VERDICT_CHAIN]));
}

static void on_match(struct scene *s, const struct nlattr **a)
{
	const char *name = object_text(a[NFTA_MATCH_NAME]);
	const struct nlattr *info = a[NFTA_MATCH_INFO];
	uint64_t share = SHARE_DOUBT;

	if (name && info)
		share = match_share(name, object_be32(a[NFTA_MATCH_REV], 0),
				    mnl_attr_get_payload(info), mnl_attr_get_payload_len(info),
				    s->probe);
	scene_lower(s, share, SHARE_MOST_PORTS);
}

static void on_target(struct scene *s, const struct nlattr **a)
{
	const char *name = object_text(a[NFTA_TARGET_NAME]);
	const struct nlattr *info = a[NFTA_TARGET_INFO];
	enum effect effect = target_effect(name ? name : "",
					   info ? mnl_attr_get_payload(info) : NULL,
					   info ? mnl_attr_get_payload_len(info) : 0);

	if (effect != EFFECT_NONE)
		tell(s, effect, NULL);
}

static void on_reject(struct scene *s, const struct nlattr **a)
{
	(void)a;
	tell(s, EFFECT_DROP, NULL);
}

static void on_notrack(struct scene *s, const struct nlattr **a)
{
	(void)a;
	tell(s, EFFECT_UNTRACK, NULL);
}

static void on_queue(struct scene *s, const struct nlattr **a)
{
	(void)a;
	tell(s, EFFECT_ACCEPT, NULL);
}

static void on_nothing(struct scene *s, const struct nlattr **a)
{
	(void)s, (void)a;
}

/* Loads something that we do not know, into some register. */
static void on_load(struct scene *s, const struct nlattr **a)
{
	(void)a;
	memset(s->regs, 0, sizeof(s->regs));
}

/* Something else: a limit or quota, or newer than this program. */
static void on_other(struct scene *s, const struct nlattr **a)
{
	on_load(s, a);
	scene_lower(s, SHARE_DOUBT, SHARE_MOST_PORTS);
}

static void on_redir(struct scene *s, const struct nlattr **a)
{
	(void)a;
	tell(s, EFFECT_LEAD, NULL);
}

static void on_nat(struct scene *s, const struct nlattr **a)
{
	if (object_be32(a[NFTA_NAT_TYPE], UINT32_MAX) == NFT_NAT_DNAT)
		return on_redir(s, a);
	on_other(s, a);
}

/* An object of the table by its name; one that a map has for the packet is a condition as well. */
static void on_objref(struct scene *s, const struct nlattr **a)
{
	switch (object_be32(a[NFTA_OBJREF_IMM_TYPE], NFT_OBJECT_UNSPEC)) {
	case NFT_OBJECT_COUNTER:
	case NFT_OBJECT_CT_HELPER:
	case NFT_OBJECT_CT_TIMEOUT:
	case NFT_OBJECT_CT_EXPECT:
	case NFT_OBJECT_SECMARK: return;
	}
	on_other(s, a);
}

static const struct term_row {
	const char *name;
	void (*on)(struct scene *s, const struct nlattr **a);
} term_rows[] = {
	{ "bitwise", compare_bitwise },
	{ "byteorder", on_load },
	{ "cmp", compare_cmp },
	{ "counter", on_nothing },
	{ "ct", on_ct },
	{ "dup", on_nothing },
	{ "exthdr", on_load },
	{ "fib", on_fib },
	{ "hash", on_load },
	{ "immediate", on_immediate },
	{ "last", on_nothing },
	{ "log", on_nothing },
	{ "lookup", on_lookup },
	{ "match", on_match },
	{ "meta", on_meta },
	{ "nat", on_nat },
	{ "notrack", on_notrack },
	{ "numgen", on_load },
	{ "objref", on_objref },
	{ "osf", on_load },
	{ "payload", on_payload },
	{ "queue", on_queue },
	{ "range", compare_range },
	{ "redir", on_redir },
	{ "reject", on_reject },
	{ "rt", on_load },
	{ "socket", on_load },
	{ "target", on_target },
	{ "tunnel", on_load },
	{ "xfrm", on_load },
};

static void weigh_term(struct scene *s, const struct nlattr *term)
{
	const struct nlattr *a[TERM_ATTRS + 1];
	const char *name;

	if (object_term(term, &name, a) < 0)
		return tell(s, EFFECT_ACCEPT, NULL);
	if (name && strcmp(name, "cmp") != 0)
		s->half.v = NULL;
	for (size_t i = 0; name && i < COUNT(term_rows); i++) {
		if (!strcmp(name, term_rows[i].name))
			return term_rows[i].on(s, a);
	}
	on_other(s, a);
}

int weigh_rule(const struct nlattr *terms, const struct place *place, const struct probe *probe,
	       weigh_each each, void *ctx)
{
	struct scene s = { place,	 probe,	    .odds = ODDS_SURE, .share = SHARE_ALL,
			   .each = each, .ctx = ctx };
	const struct nlattr *a;

	if (!terms)
		return 0;
	mnl_attr_for_each_nested(a, terms)
	{
		if (!s.done && (s.odds != ODDS_NEVER || probe->edges))
			weigh_term(&s, a);
	}
	return s.err;
}
