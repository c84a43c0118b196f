// SPDX-License-Identifier: GPL-2.0-or-later
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <string.h>

#include "netfilter/load.h"
#include "netfilter/lookup.h"
#include "netfilter/match.h"
#include "netfilter/object.h"
#include "netfilter/weigh.h"

/* How probable it is that the packet meets all conditions so far. */
enum odds {
	ODDS_NEVER,
	ODDS_PERHAPS, /* it would have to be one that the rule names */
	ODDS_LIKELY,  /* most do, or it is in doubt */
	ODDS_SURE,
};

#define REGISTERS 16 /* of 32 bits */

struct scene {
	const struct place *place;
	const struct probe *probe;
	struct value regs[REGISTERS + 1]; /* the last one stands for any that there is not */
	enum odds odds;
	bool done; /* it has come to a verdict */
	weigh_each each;
	void *ctx;
	int err;
};

static void lower(struct scene *s, uint64_t share, uint64_t most)
{
	enum odds odds = share == 0	     ? ODDS_NEVER
			 : share < most	     ? ODDS_PERHAPS
			 : share < SHARE_ALL ? ODDS_LIKELY
					     : ODDS_SURE;

	if (odds < s->odds)
		s->odds = odds;
}

static uint64_t most_of(const struct value *v)
{
	return v->field == FIELD_SOURCE ? SHARE_MOST : SHARE_MOST_PORTS;
}

/* Registers 1 to 4 are the old names of four 32-bit ones each. */
static struct value *reg_of(struct scene *s, const struct nlattr *a)
{
	uint32_t n = object_be32(a, UINT32_MAX);

	if (n >= NFT_REG_1 && n <= NFT_REG_4)
		return &s->regs[(n - NFT_REG_1) * 4];
	if (n >= NFT_REG32_00 && n < NFT_REG32_00 + REGISTERS)
		return &s->regs[n - NFT_REG32_00];
	return &s->regs[REGISTERS];
}

/* Without a register to load it sets something. */
static void on_meta(struct scene *s, const struct nlattr **a)
{
	if (a[NFTA_META_DREG])
		load_meta(s->probe, a, reg_of(s, a[NFTA_META_DREG]));
}

static void on_ct(struct scene *s, const struct nlattr **a)
{
	if (a[NFTA_CT_DREG])
		load_ct(s->probe, a, reg_of(s, a[NFTA_CT_DREG]));
}

static void on_fib(struct scene *s, const struct nlattr **a)
{
	load_fib(s->probe, a, reg_of(s, a[NFTA_FIB_DREG]));
}

static void on_payload(struct scene *s, const struct nlattr **a)
{
	if (a[NFTA_PAYLOAD_DREG])
		load_payload(s->probe, a, reg_of(s, a[NFTA_PAYLOAD_DREG]));
}

/* The bytes of a value, and how many; 0 when there are none. */
static const uint8_t *data_of(const struct nlattr *nest, uint32_t *len)
{
	const struct nlattr *a[NFTA_DATA_MAX + 1];

	*len = 0;
	if (!nest || object_sort_nested(nest, a, NFTA_DATA_MAX) < 0 || !a[NFTA_DATA_VALUE])
		return NULL;
	*len = mnl_attr_get_payload_len(a[NFTA_DATA_VALUE]);
	return mnl_attr_get_payload(a[NFTA_DATA_VALUE]);
}

static void on_bitwise(struct scene *s, const struct nlattr **a)
{
	struct value v = *reg_of(s, a[NFTA_BITWISE_SREG]);
	uint32_t n_mask, n_xor;
	const uint8_t *mask = data_of(a[NFTA_BITWISE_MASK], &n_mask);
	const uint8_t * xor = data_of(a[NFTA_BITWISE_XOR], &n_xor);

	if (v.len > n_mask || v.len > n_xor || v.field == FIELD_OTHER)
		v = (struct value){ 0 }; /* a shift, or malformed, or another value now */
	v.masked = true;
	v.bits = 0;
	for (unsigned i = 0; i < v.len; i++) {
		v.bits += (uint8_t)__builtin_popcount(mask[i]);
		if (v.field == FIELD_KNOWN)
			v.bytes[i] = (v.bytes[i] & mask[i]) ^ xor[i];
	}
	*reg_of(s, a[NFTA_BITWISE_DREG]) = v;
}

static uint64_t share_of_cmp(const struct value *v, uint32_t op, const uint8_t *data, uint32_t len)
{
	switch (op) {
	case NFT_CMP_EQ: return share_of_range(v, data, data, len);
	case NFT_CMP_NEQ: return SHARE_ALL - share_of_range(v, data, data, len);
	case NFT_CMP_LT: return share_below(v, data, len, false);
	case NFT_CMP_LTE: return share_below(v, data, len, true);
	case NFT_CMP_GT: return SHARE_ALL - share_below(v, data, len, true);
	case NFT_CMP_GTE: return SHARE_ALL - share_below(v, data, len, false);
	}
	return SHARE_DOUBT;
}

static void on_cmp(struct scene *s, const struct nlattr **a)
{
	const struct value *v = reg_of(s, a[NFTA_CMP_SREG]);
	uint32_t op = object_be32(a[NFTA_CMP_OP], NFT_CMP_EQ), len;
	const uint8_t *data = data_of(a[NFTA_CMP_DATA], &len);

	lower(s, len ? share_of_cmp(v, op, data, len) : SHARE_DOUBT, most_of(v));
}

static void on_range(struct scene *s, const struct nlattr **a)
{
	const struct value *v = reg_of(s, a[NFTA_RANGE_SREG]);
	uint32_t n_from, n_to;
	const uint8_t *from = data_of(a[NFTA_RANGE_FROM_DATA], &n_from);
	const uint8_t *to = data_of(a[NFTA_RANGE_TO_DATA], &n_to);
	uint64_t share = n_from && n_from == n_to ? share_of_range(v, from, to, n_from)
						  : SHARE_DOUBT;

	if (object_be32(a[NFTA_RANGE_OP], NFT_RANGE_EQ) == NFT_RANGE_NEQ)
		share = SHARE_ALL - share;
	lower(s, share, most_of(v));
}

/* The way is counted when the odds so far are enough for what it does. */
static void tell(struct scene *s, enum effect effect, const char *target)
{
	enum odds enough = effect == EFFECT_DROP     ? ODDS_SURE
			   : effect == EFFECT_RETURN ? ODDS_PERHAPS
						     : ODDS_LIKELY;
	struct weight w = { effect, target, s->odds == ODDS_SURE };

	s->done = effect != EFFECT_UNTRACK;
	if (s->odds >= enough && s->err == 0)
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
 * ports to jump here and half to jump there names none.
 */
static void tell_map(struct scene *s, const struct set *set, uint64_t share, const struct value *v,
		     size_t n)
{
	const enum odds before = s->odds;

	for (uint32_t i = 0; i < set->n; i++) {
		const struct element *e = &set->elements[i];
		uint64_t own = e->ends ? 0 : lookup_share_of(set, e, v, n);

		if (!own || (share == SHARE_ALL && own != SHARE_ALL))
			continue;
		lower(s, own == SHARE_ALL || share < SHARE_ALL ? share : SHARE_DOUBT, most_of(v));
		on_verdict(s, e->verdict ? e->code : NF_ACCEPT, e->chain);
		s->odds = before;
	}
	s->done = true;
}

static void on_lookup(struct scene *s, const struct nlattr **a)
{
	const struct value *v = reg_of(s, a[NFTA_LOOKUP_SREG]);
	const char *name = object_text(a[NFTA_LOOKUP_SET]);
	const struct set *set =
		name ? sets_find(s->place->sets, s->place->family, s->place->table, name) : NULL;
	size_t n = (size_t)(&s->regs[REGISTERS] - v);
	uint64_t share = set ? lookup_share(set, v, n) : SHARE_DOUBT;
	bool verdict = object_be32(a[NFTA_LOOKUP_DREG], UINT32_MAX) == NFT_REG_VERDICT;

	if (verdict && set && set->whole)
		return tell_map(s, set, share, v, n);
	if (object_be32(a[NFTA_LOOKUP_FLAGS], 0) & NFT_LOOKUP_F_INV)
		share = SHARE_ALL - share;
	lower(s, share, most_of(v));
	if (verdict)
		return tell(s, EFFECT_ACCEPT, NULL);
	if (a[NFTA_LOOKUP_DREG])
		*reg_of(s, a[NFTA_LOOKUP_DREG]) = (struct value){ 0 };
}

static void on_immediate(struct scene *s, const struct nlattr **a)
{
	const struct nlattr *d[NFTA_DATA_MAX + 1], *v[NFTA_VERDICT_MAX + 1];

	if (object_be32(a[NFTA_IMMEDIATE_DREG], UINT32_MAX) != NFT_REG_VERDICT) {
		*reg_of(s, a[NFTA_IMMEDIATE_DREG]) = (struct value){ 0 };
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
	lower(s, share, SHARE_MOST_PORTS);
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
	lower(s, SHARE_DOUBT, SHARE_MOST_PORTS);
}

#define TERM_ATTRS 16 /* more than any of these have */

static const struct term_row {
	const char *name;
	void (*on)(struct scene *s, const struct nlattr **a);
} term_rows[] = {
	{ "bitwise", on_bitwise },     { "byteorder", on_load }, { "cmp", on_cmp },
	{ "counter", on_nothing },     { "ct", on_ct },		 { "dup", on_nothing },
	{ "exthdr", on_load },	       { "fib", on_fib },	 { "hash", on_load },
	{ "immediate", on_immediate }, { "last", on_nothing },	 { "log", on_nothing },
	{ "lookup", on_lookup },       { "match", on_match },	 { "meta", on_meta },
	{ "notrack", on_notrack },     { "numgen", on_load },	 { "osf", on_load },
	{ "payload", on_payload },     { "queue", on_queue },	 { "range", on_range },
	{ "reject", on_reject },       { "rt", on_load },	 { "socket", on_load },
	{ "target", on_target },       { "tunnel", on_load },	 { "xfrm", on_load },
};

static void weigh_term(struct scene *s, const struct nlattr *term)
{
	const struct nlattr *e[NFTA_EXPR_MAX + 1], *a[TERM_ATTRS + 1] = { 0 };
	const char *name;

	if (object_sort_nested(term, e, NFTA_EXPR_MAX) < 0 ||
	    (e[NFTA_EXPR_DATA] && object_sort_nested(e[NFTA_EXPR_DATA], a, TERM_ATTRS) < 0))
		return tell(s, EFFECT_ACCEPT, NULL);
	name = object_text(e[NFTA_EXPR_NAME]);
	for (size_t i = 0; name && i < sizeof(term_rows) / sizeof(*term_rows); i++) {
		if (!strcmp(name, term_rows[i].name))
			return term_rows[i].on(s, a);
	}
	on_other(s, a);
}

int weigh_rule(const struct nlattr *terms, const struct place *place, const struct probe *probe,
	       weigh_each each, void *ctx)
{
	struct scene s = { place, probe, .odds = ODDS_SURE, .each = each, .ctx = ctx };
	const struct nlattr *a;

	if (!terms)
		return 0;
	mnl_attr_for_each_nested(a, terms)
	{
		if (!s.done)
			weigh_term(&s, a);
	}
	return s.err;
}
