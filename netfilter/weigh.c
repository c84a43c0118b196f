// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <string.h>

#include "netfilter/object.h"
#include "netfilter/weigh.h"

/* How probable it is that the packet meets all conditions so far. */
enum odds {
	ODDS_NEVER,
	ODDS_PERHAPS, /* it would have to be one that the rule names */
	ODDS_LIKELY,  /* all but those that the rule names, or most */
	ODDS_SURE,
};

/* A register's content, as far as it is known; len 0: another value than any rule's. */
struct value {
	uint8_t len;
	bool masked; /* some bits of it */
	uint8_t bytes[4];
};

#define REGISTERS 16 /* of 32 bits */

struct scene {
	const struct probe *probe;
	struct value regs[REGISTERS + 1]; /* the last one stands for any that there is not */
	enum odds odds;
	enum effect effect;
	const char *target;
};

static void lower(struct scene *s, enum odds odds)
{
	if (odds < s->odds)
		s->odds = odds;
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

static void put(struct value *v, const void *bytes, uint8_t len)
{
	*v = (struct value){ .len = len };
	memcpy(v->bytes, bytes, len);
}

static void on_meta(struct scene *s, const struct nlattr **a)
{
	const uint16_t ethertype = htons(s->probe->family == NFPROTO_IPV4 ? ETH_P_IP : ETH_P_IPV6);
	struct value *v = reg_of(s, a[NFTA_META_DREG]);

	if (!a[NFTA_META_DREG])
		return; /* it sets something */
	*v = (struct value){ 0 };
	switch (object_be32(a[NFTA_META_KEY], UINT32_MAX)) {
	case NFT_META_NFPROTO: return put(v, &s->probe->family, 1);
	case NFT_META_L4PROTO: return put(v, &s->probe->protocol, 1);
	case NFT_META_PROTOCOL: return put(v, &ethertype, 2);
	}
}

static void on_ct(struct scene *s, const struct nlattr **a)
{
	const uint32_t state = NF_CT_STATE_BIT(IP_CT_NEW);
	struct value *v = reg_of(s, a[NFTA_CT_DREG]);

	if (!a[NFTA_CT_DREG])
		return;
	*v = (struct value){ 0 };
	if (object_be32(a[NFTA_CT_KEY], UINT32_MAX) == NFT_CT_STATE)
		put(v, &state, sizeof(state));
}

/* Of the header only the protocol is known: byte 9 of IPv4's (RFC 791), 6 of IPv6's (RFC 8200). */
static void on_payload(struct scene *s, const struct nlattr **a)
{
	const uint32_t at = s->probe->family == NFPROTO_IPV4 ? 9 : 6;
	struct value *v = reg_of(s, a[NFTA_PAYLOAD_DREG]);

	if (!a[NFTA_PAYLOAD_DREG])
		return;
	*v = (struct value){ 0 };
	if (object_be32(a[NFTA_PAYLOAD_BASE], UINT32_MAX) == NFT_PAYLOAD_NETWORK_HEADER &&
	    object_be32(a[NFTA_PAYLOAD_OFFSET], UINT32_MAX) == at &&
	    object_be32(a[NFTA_PAYLOAD_LEN], UINT32_MAX) == 1)
		put(v, &s->probe->protocol, 1);
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

	if (v.len > n_mask || v.len > n_xor)
		v.len = 0; /* a shift, or malformed */
	v.masked = true;
	for (unsigned i = 0; i < v.len; i++)
		v.bytes[i] = (v.bytes[i] & mask[i]) ^ xor[i];
	*reg_of(s, a[NFTA_BITWISE_DREG]) = v;
}

/* Bounds that leave most of the range: "port 1024 and up" names no port. */
#define LOW_BYTE  0x3f
#define HIGH_BYTE 0xc0

static enum odds odds_of_other(uint32_t op, const uint8_t *data, uint32_t len, bool masked)
{
	bool zero = true;

	for (uint32_t i = 0; i < len; i++)
		zero &= data[i] == 0;
	switch (op) {
	case NFT_CMP_EQ: return masked && zero ? ODDS_LIKELY : ODDS_PERHAPS; /* a flag is not set */
	case NFT_CMP_NEQ: return masked && zero ? ODDS_PERHAPS : ODDS_LIKELY;
	case NFT_CMP_GT:
	case NFT_CMP_GTE: return data[0] <= LOW_BYTE ? ODDS_LIKELY : ODDS_PERHAPS;
	}
	return data[0] >= HIGH_BYTE ? ODDS_LIKELY : ODDS_PERHAPS;
}

static bool holds(uint32_t op, int order)
{
	switch (op) {
	case NFT_CMP_EQ: return order == 0;
	case NFT_CMP_NEQ: return order != 0;
	case NFT_CMP_LT: return order < 0;
	case NFT_CMP_LTE: return order <= 0;
	case NFT_CMP_GT: return order > 0;
	}
	return order >= 0;
}

static void on_cmp(struct scene *s, const struct nlattr **a)
{
	const struct value *v = reg_of(s, a[NFTA_CMP_SREG]);
	uint32_t op = object_be32(a[NFTA_CMP_OP], NFT_CMP_EQ), len;
	const uint8_t *data = data_of(a[NFTA_CMP_DATA], &len);

	if (!len)
		return lower(s, ODDS_PERHAPS);
	if (!v->len || v->len != len)
		return lower(s, odds_of_other(op, data, len, v->masked));
	lower(s, holds(op, memcmp(v->bytes, data, len)) ? ODDS_SURE : ODDS_NEVER);
}

static void on_range(struct scene *s, const struct nlattr **a)
{
	const struct value *v = reg_of(s, a[NFTA_RANGE_SREG]);
	bool inverted = object_be32(a[NFTA_RANGE_OP], NFT_RANGE_EQ) == NFT_RANGE_NEQ;
	uint32_t n_from, n_to;
	const uint8_t *from = data_of(a[NFTA_RANGE_FROM_DATA], &n_from);
	const uint8_t *to = data_of(a[NFTA_RANGE_TO_DATA], &n_to);
	bool inside;

	if (!n_from || n_from != n_to)
		return lower(s, ODDS_PERHAPS);
	if (v->len == n_from) {
		inside = memcmp(v->bytes, from, n_from) >= 0 && memcmp(v->bytes, to, n_to) <= 0;
		return lower(s, inside != inverted ? ODDS_SURE : ODDS_NEVER);
	}
	inside = from[0] <= LOW_BYTE && to[0] >= HIGH_BYTE;
	lower(s, inside != inverted ? ODDS_LIKELY : ODDS_PERHAPS);
}

/* A set holds what somebody named; a map's verdicts are for that as well. */
static void on_lookup(struct scene *s, const struct nlattr **a)
{
	bool inverted = object_be32(a[NFTA_LOOKUP_FLAGS], 0) & NFT_LOOKUP_F_INV;

	lower(s, inverted ? ODDS_LIKELY : ODDS_PERHAPS);
	*reg_of(s, a[NFTA_LOOKUP_DREG]) = (struct value){ 0 };
}

static void set_effect(struct scene *s, uint32_t code, const char *target)
{
	switch ((int32_t)code) {
	case NFT_RETURN: s->effect = EFFECT_RETURN; return;
	case NFT_JUMP:
	case NFT_GOTO:
		s->effect = (int32_t)code == NFT_JUMP ? EFFECT_JUMP : EFFECT_GOTO;
		s->target = target ? target : "";
		return;
	case NFT_CONTINUE: return;
	case NFT_BREAK: return lower(s, ODDS_NEVER);
	}
	/* What is queued is up to a program. */
	s->effect = code == NF_DROP ? EFFECT_DROP : EFFECT_ACCEPT;
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
		return set_effect(s, NF_ACCEPT, NULL);
	set_effect(s, object_be32(v[NFTA_VERDICT_CODE], NF_ACCEPT),
		   object_text(v[NFTA_VERDICT_CHAIN]));
}

/* What a matching extension of iptables knows is a condition, but for its comments. */
static void on_match(struct scene *s, const struct nlattr **a)
{
	const char *name = object_text(a[NFTA_MATCH_NAME]);

	if (!name || strcmp(name, "comment"))
		lower(s, ODDS_PERHAPS);
}

static void on_target(struct scene *s, const struct nlattr **a)
{
	static const char *const harmless[] = {
		"AUDIT",   "CHECKSUM", "CLASSIFY", "CONNMARK", "CONNSECMARK", "CT",    "DSCP",
		"HL",	   "HMARK",    "LED",	   "LOG",      "MARK",	      "NFLOG", "NOTRACK",
		"SECMARK", "SET",      "TCPMSS",   "TEE",      "TOS",	      "TRACE", "TTL",
	};
	const char *name = object_text(a[NFTA_TARGET_NAME]);

	for (size_t i = 0; name && i < sizeof(harmless) / sizeof(*harmless); i++) {
		if (!strcmp(name, harmless[i]))
			return;
	}
	s->effect = name && !strcmp(name, "REJECT") ? EFFECT_DROP : EFFECT_ACCEPT;
}

static void on_reject(struct scene *s, const struct nlattr **a)
{
	(void)a;
	s->effect = EFFECT_DROP;
}

static void on_queue(struct scene *s, const struct nlattr **a)
{
	(void)a;
	s->effect = EFFECT_ACCEPT;
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

/* Something else: a limit or quota, or newer than this program.  Most packets may meet it. */
static void on_other(struct scene *s, const struct nlattr **a)
{
	on_load(s, a);
	lower(s, ODDS_LIKELY);
}

#define TERM_ATTRS 16 /* more than any of these have */

static const struct term_row {
	const char *name;
	void (*on)(struct scene *s, const struct nlattr **a);
} term_rows[] = {
	{ "bitwise", on_bitwise },     { "byteorder", on_load }, { "cmp", on_cmp },
	{ "counter", on_nothing },     { "ct", on_ct },		 { "dup", on_nothing },
	{ "exthdr", on_load },	       { "fib", on_load },	 { "hash", on_load },
	{ "immediate", on_immediate }, { "last", on_nothing },	 { "log", on_nothing },
	{ "lookup", on_lookup },       { "match", on_match },	 { "meta", on_meta },
	{ "notrack", on_nothing },     { "numgen", on_load },	 { "osf", on_load },
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
		return set_effect(s, NF_ACCEPT, NULL);
	name = object_text(e[NFTA_EXPR_NAME]);
	for (size_t i = 0; name && i < sizeof(term_rows) / sizeof(*term_rows); i++) {
		if (!strcmp(name, term_rows[i].name))
			return term_rows[i].on(s, a);
	}
	on_other(s, a);
}

void weigh_rule(const struct nlattr *terms, const struct probe *probe, struct weight *ret)
{
	struct scene s = { .probe = probe, .odds = ODDS_SURE };
	const struct nlattr *a;
	enum odds enough = ODDS_LIKELY;

	if (terms) {
		mnl_attr_for_each_nested(a, terms)
		{
			if (s.effect == EFFECT_NONE)
				weigh_term(&s, a);
		}
	}
	if (s.effect == EFFECT_DROP)
		enough = ODDS_SURE;
	if (s.effect == EFFECT_RETURN)
		enough = ODDS_PERHAPS;
	*ret = (struct weight){ .effect = s.effect,
				.target = s.target,
				.sure = s.odds == ODDS_SURE,
				.may = s.effect != EFFECT_NONE && s.odds >= enough };
}
