// SPDX-License-Identifier: GPL-2.0-or-later
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "netfilter/edges.h"
#include "netfilter/object.h"
#include "netfilter/weigh-parts.h"

void scene_lower(struct scene *s, uint64_t share, uint64_t most)
{
	enum odds odds = share == 0	     ? ODDS_NEVER
			 : share < most	     ? ODDS_PERHAPS
			 : share < SHARE_ALL ? ODDS_LIKELY
					     : ODDS_SURE;

	if (odds < s->odds)
		s->odds = odds;
	if (share < most)
		s->share = share_both(s->share, share * (SHARE_ALL / most));
}

uint64_t scene_most(const struct value *v)
{
	return v->field == FIELD_SOURCE || v->field == FIELD_HARDWARE ? SHARE_MOST
								      : SHARE_MOST_PORTS;
}

/* Registers 1 to 4 are the old names of four 32-bit ones each. */
struct value *scene_reg(struct scene *s, const struct nlattr *a)
{
	uint32_t n = object_be32(a, UINT32_MAX);

	if (n >= NFT_REG_1 && n <= NFT_REG_4)
		return &s->regs[(n - NFT_REG_1) * 4];
	if (n >= NFT_REG32_00 && n < NFT_REG32_00 + REGISTERS)
		return &s->regs[n - NFT_REG32_00];
	return &s->regs[REGISTERS];
}

/* Two bytes: of a pair of ports only its share is told, whatever the packet's own is. */
static struct edges *edges_of(const struct scene *s, const struct value *v)
{
	return v->field == FIELD_PORT && v->len == 2 ? s->probe->edges : NULL;
}

static void note_ports(const struct scene *s, const struct value *v, const uint8_t *from,
		       const uint8_t *to, uint32_t len)
{
	if (len == 2)
		edges_note(edges_of(s, v), (unsigned)from[0] << 8 | from[1],
			   (unsigned)to[0] << 8 | to[1]);
}

/* A key's fields lie each from a new register on. */
void scene_note_keys(const struct scene *s, const struct set *set, const struct value *v, size_t n)
{
	for (size_t at = 0; at < n && (at + 1) * 4 <= SET_KEY_MAX; at++) {
		if (!edges_of(s, &v[at]))
			continue;
		for (uint32_t i = 0; i < set->n; i++) {
			const struct element *e = &set->elements[i];

			if (at * 4 + 2 <= e->len)
				note_ports(s, &v[at], e->key + at * 4, e->to + at * 4, 2);
		}
	}
}

void compare_bitwise(struct scene *s, const struct nlattr **a)
{
	struct value v = *scene_reg(s, a[NFTA_BITWISE_SREG]);
	uint32_t n_mask, n_xor;
	const uint8_t *mask = object_data(a[NFTA_BITWISE_MASK], &n_mask);
	const uint8_t * xor = object_data(a[NFTA_BITWISE_XOR], &n_xor);
	bool loose = false;

	edges_note_all(edges_of(s, &v));
	if (v.len > n_mask || v.len > n_xor || v.field == FIELD_OTHER || v.field == FIELD_LINK ||
	    v.field == FIELD_NEXT)
		v = (struct value){ 0 }; /* a shift, or malformed, or another value now */
	v.masked = true;
	v.bits = 0;
	for (unsigned i = 0; i < v.len; i++) {
		v.bits += (uint8_t)__builtin_popcount(mask[i]);
		if (v.field == FIELD_KNOWN || v.field == FIELD_FLAGS)
			v.bytes[i] = (v.bytes[i] & mask[i]) ^ xor[i];
		if (v.field == FIELD_FLAGS)
			loose |= v.loose[i] &= mask[i];
	}
	if ((v.field == FIELD_HOST4 || v.field == FIELD_HOST6) && v.len <= sizeof(v.bytes))
		memcpy(v.bytes, mask, v.len);
	if (v.field == FIELD_FLAGS && !loose)
		v.field = FIELD_KNOWN;
	*scene_reg(s, a[NFTA_BITWISE_DREG]) = v;
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

/* The other half says how much the range is; the first one alone would say too much. */
static bool ends_half(struct scene *s, const struct value *v, uint32_t op, uint32_t len)
{
	const struct half *h = &s->half;

	if (op != NFT_CMP_LTE || h->v != v || h->len != len)
		return false;
	s->odds = h->odds;
	s->share = h->share;
	return true;
}

void compare_cmp(struct scene *s, const struct nlattr **a)
{
	const struct value *v = scene_reg(s, a[NFTA_CMP_SREG]);
	uint32_t op = object_be32(a[NFTA_CMP_OP], NFT_CMP_EQ), len;
	const uint8_t *data = object_data(a[NFTA_CMP_DATA], &len);
	const struct half half = { op == NFT_CMP_GTE && len ? v : NULL, data, len, s->odds,
				   s->share };

	note_ports(s, v, data, data, len);
	if (len && ends_half(s, v, op, len))
		scene_lower(s, share_of_range(v, s->half.from, data, len), scene_most(v));
	else
		scene_lower(s, len ? share_of_cmp(v, op, data, len) : SHARE_DOUBT, scene_most(v));
	s->half = half;
}

void compare_range(struct scene *s, const struct nlattr **a)
{
	const struct value *v = scene_reg(s, a[NFTA_RANGE_SREG]);
	uint32_t n_from, n_to;
	const uint8_t *from = object_data(a[NFTA_RANGE_FROM_DATA], &n_from);
	const uint8_t *to = object_data(a[NFTA_RANGE_TO_DATA], &n_to);
	uint64_t share = n_from && n_from == n_to ? share_of_range(v, from, to, n_from)
						  : SHARE_DOUBT;

	note_ports(s, v, from, to, n_from == n_to ? n_from : 0);
	if (object_be32(a[NFTA_RANGE_OP], NFT_RANGE_EQ) == NFT_RANGE_NEQ)
		share = SHARE_ALL - share;
	scene_lower(s, share, scene_most(v));
}
