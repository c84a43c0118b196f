// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <stdio.h>

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <string.h>

#include "netfilter/batch.h"
#include "netfilter/rule.h"
#include "netfilter/who.h"

DEFINE_DROP(nftnl_rule, nftnl_rule_free)

/* The registers of a concatenation: 32 bits each, the first part at the first. */
#define REG(n) ((uint32_t)(NFT_REG32_00 + (n)))

/* Memory that runs out in libnftnl leaves a rule without a term: then there must be no rule. */
static struct nftnl_expr *add(struct nftnl_rule **r, const char *name)
{
	struct nftnl_expr *e = *r ? nftnl_expr_alloc(name) : NULL;

	if (e) {
		nftnl_rule_add_expr(*r, e);
	} else {
		drop_nftnl_rule(r);
		*r = NULL;
	}
	return e;
}

static void set_u32(struct nftnl_expr *e, uint16_t attr, uint32_t value)
{
	if (e)
		nftnl_expr_set_u32(e, attr, value);
}

static void load_payload(struct nftnl_rule **r, uint8_t base, uint8_t at, uint8_t len, uint32_t reg)
{
	struct nftnl_expr *e = add(r, "payload");

	set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, at);
	set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
	set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, reg);
}

static void load_meta(struct nftnl_rule **r, uint8_t key)
{
	struct nftnl_expr *e = add(r, "meta");

	set_u32(e, NFTNL_EXPR_META_KEY, key);
	set_u32(e, NFTNL_EXPR_META_DREG, REG(0));
}

/* A header's number, as it stands in the packet. */
static const void *wire(uint32_t value, uint8_t len, uint8_t out[4])
{
	for (uint8_t i = 0; i < len; i++)
		out[i] = (uint8_t)(value >> 8 * (len - 1 - i));
	return out;
}

static void mask(struct nftnl_rule **r, const struct term *t, const void *bits)
{
	struct nftnl_expr *e = add(r, "bitwise");
	const uint8_t none[TERM_BYTES_MAX] = { 0 };

	set_u32(e, NFTNL_EXPR_BITWISE_SREG, REG(0));
	set_u32(e, NFTNL_EXPR_BITWISE_DREG, REG(0));
	set_u32(e, NFTNL_EXPR_BITWISE_LEN, t->len);
	if (e) {
		nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, bits, t->len);
		nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, none, t->len);
	}
}

static void compare(struct nftnl_rule **r, const struct term *t, const void *value)
{
	struct nftnl_expr *e = add(r, "cmp");

	set_u32(e, NFTNL_EXPR_CMP_SREG, REG(0));
	set_u32(e, NFTNL_EXPR_CMP_OP, t->cmp);
	if (e)
		nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, value, t->len);
}

/* Meta values are in host order and of their own size. */
static void add_meta(struct nftnl_rule **r, const struct term *t)
{
	const uint8_t byte = (uint8_t)t->value;
	const uint16_t half = (uint16_t)t->value;

	load_meta(r, t->at);
	compare(r, t,
		t->len == 1   ? (const void *)&byte
		: t->len == 2 ? (const void *)&half
			      : &t->value);
}

static void add_named(struct nftnl_rule **r, const struct term *t)
{
	load_meta(r, t->at);
	compare(r, t, t->name);
}

static void add_protocol(struct nftnl_rule **r, const struct term *t)
{
	uint8_t bytes[4];

	load_meta(r, t->at);
	compare(r, t, wire(t->value, t->len, bytes));
}

static void add_payload(struct nftnl_rule **r, const struct term *t)
{
	uint8_t bytes[4];

	load_payload(r, t->base, t->at, t->len, REG(0));
	if (t->mask)
		mask(r, t, wire(t->mask, t->len, bytes));
	compare(r, t, wire(t->value, t->len, bytes));
}

static void add_bytes(struct nftnl_rule **r, const struct term *t)
{
	load_payload(r, t->base, t->at, t->len, REG(0));
	mask(r, t, t->bits);
	compare(r, t, t->bytes);
}

static void add_range(struct nftnl_rule **r, const struct term *t)
{
	struct nftnl_expr *e;
	uint8_t bytes[4];

	load_payload(r, t->base, t->at, t->len, REG(0));
	e = add(r, "range");
	set_u32(e, NFTNL_EXPR_RANGE_SREG, REG(0));
	set_u32(e, NFTNL_EXPR_RANGE_OP, NFT_RANGE_EQ);
	if (e) {
		nftnl_expr_set(e, NFTNL_EXPR_RANGE_FROM_DATA, wire(t->value, t->len, bytes),
			       t->len);
		nftnl_expr_set(e, NFTNL_EXPR_RANGE_TO_DATA, wire(t->mask, t->len, bytes), t->len);
	}
}

static void add_state(struct nftnl_rule **r, const struct term *t)
{
	const struct term any = { .len = 4, .cmp = NFT_CMP_NEQ };
	const uint32_t none = 0;
	struct nftnl_expr *e = add(r, "ct");

	set_u32(e, NFTNL_EXPR_CT_KEY, NFT_CT_STATE);
	set_u32(e, NFTNL_EXPR_CT_DREG, REG(0));
	mask(r, &any, &t->value);
	compare(r, &any, &none);
}

static void forget(struct nftnl_rule **r)
{
	drop_nftnl_rule(r);
	*r = NULL;
}

static void look_up(struct nftnl_rule **r, const char *set)
{
	struct nftnl_expr *e = add(r, "lookup");

	set_u32(e, NFTNL_EXPR_LOOKUP_SREG, REG(0));
	if (e && nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set) < 0)
		forget(r);
}

static void add_lookup(struct nftnl_rule **r, const struct term *t)
{
	const uint32_t after = t->len / 4;

	load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, t->at, t->len, REG(0));
	load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, t->proto_at, 1, REG(after));
	load_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, t->port_at, 2, REG(after + 1));
	look_up(r, t->name);
}

static void add_among(struct nftnl_rule **r, const struct term *t)
{
	load_payload(r, NFT_PAYLOAD_NETWORK_HEADER, t->at, t->len, REG(0));
	look_up(r, t->name);
}

static void add_main(struct nftnl_rule **r, const struct term *t)
{
	const struct term port = { .base = NFT_PAYLOAD_TRANSPORT_HEADER,
				   .at = t->at,
				   .len = 2,
				   .cmp = NFT_CMP_EQ,
				   .value = t->value };

	add_payload(r, &port);
}

/* The id is in host order; a socket whose group lies less deep than the level meets nothing. */
static void add_others(struct nftnl_rule **r, const struct term *t)
{
	struct nftnl_expr *e;

	if (!t->who || !t->who->level)
		return forget(r);
	e = add(r, "socket");
	set_u32(e, NFTNL_EXPR_SOCKET_KEY, NFT_SOCKET_CGROUPV2);
	set_u32(e, NFTNL_EXPR_SOCKET_DREG, REG(0));
	set_u32(e, NFTNL_EXPR_SOCKET_LEVEL, t->who->level);
	e = add(r, "cmp");
	set_u32(e, NFTNL_EXPR_CMP_SREG, REG(0));
	set_u32(e, NFTNL_EXPR_CMP_OP, NFT_CMP_NEQ);
	if (e)
		nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, &t->who->id, sizeof(t->who->id));
}

static void add_limit(struct nftnl_rule **r, const struct term *t)
{
	struct nftnl_expr *e = add(r, "limit");

	set_u32(e, NFTNL_EXPR_LIMIT_BURST, 2 * t->value);
	set_u32(e, NFTNL_EXPR_LIMIT_TYPE, NFT_LIMIT_PKTS);
	if (e) {
		nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_RATE, t->value);
		nftnl_expr_set_u64(e, NFTNL_EXPR_LIMIT_UNIT, 1);
	}
}

/* Of expressions that are in every kernel's nf_tables itself. */
static void add_pace(struct nftnl_rule **r, const struct term *t)
{
	struct nftnl_expr *e = add(r, "immediate");

	set_u32(e, NFTNL_EXPR_IMM_DREG, REG(0));
	set_u32(e, NFTNL_EXPR_IMM_DATA, t->mask);
	e = add(r, "lookup");
	set_u32(e, NFTNL_EXPR_LOOKUP_SREG, REG(0));
	set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	if (e && nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, PACE_SET) < 0)
		forget(r);
	e = add(r, "dynset");
	set_u32(e, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_ADD);
	set_u32(e, NFTNL_EXPR_DYNSET_SREG_KEY, REG(0));
	if (!e)
		return;
	nftnl_expr_set_u64(e, NFTNL_EXPR_DYNSET_TIMEOUT, PACE_TOKENS * 1000 / t->value);
	if (nftnl_expr_set_str(e, NFTNL_EXPR_DYNSET_SET_NAME, PACE_SET) < 0)
		forget(r);
}

static void add_refusal(struct nftnl_rule **r)
{
	set_u32(add(r, "reject"), NFTNL_EXPR_REJECT_TYPE, NFT_REJECT_TCP_RST);
}

static void add_verdict(struct nftnl_rule **r, const struct term *t)
{
	struct nftnl_expr *e = add(r, "immediate");

	set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	set_u32(e, NFTNL_EXPR_IMM_VERDICT, t->value);
	if (e && *t->name && nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, t->name) < 0)
		forget(r);
}

static void add_term(struct nftnl_rule **r, const struct term *t)
{
	switch (t->op) {
	case TERM_END: return;
	case TERM_META: return add_meta(r, t);
	case TERM_NAMED: return add_named(r, t);
	case TERM_PROTOCOL: return add_protocol(r, t);
	case TERM_RANGE: return add_range(r, t);
	case TERM_STATE: return add_state(r, t);
	case TERM_PAYLOAD: return add_payload(r, t);
	case TERM_BYTES: return add_bytes(r, t);
	case TERM_IN_SET: return add_lookup(r, t);
	case TERM_AMONG: return add_among(r, t);
	case TERM_MAIN: return add_main(r, t);
	case TERM_OTHERS: return add_others(r, t);
	case TERM_COUNTER: add(r, "counter"); return;
	case TERM_LIMIT: return add_limit(r, t);
	case TERM_PACE: return add_pace(r, t);
	case TERM_REFUSE: return add_refusal(r);
	case TERM_VERDICT: return add_verdict(r, t);
	}
}

void rule_add_terms(struct batch *b, const char *table, const char *chain, const struct term *terms,
		    size_t n)
{
	_drop_(drop_nftnl_rule) struct nftnl_rule *r = nftnl_rule_alloc();

	if (r && (nftnl_rule_set_str(r, NFTNL_RULE_TABLE, table) < 0 ||
		  nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, chain) < 0)) {
		drop_nftnl_rule(&r);
		r = NULL;
	}
	for (size_t i = 0; i < n; i++)
		add_term(&r, &terms[i]);
	batch_add_rule(b, r);
}

void rule_add(struct batch *b, const char *table, const struct rule *rule)
{
	rule_add_terms(b, table, rule->chain, rule->terms, RULE_TERMS);
}
