// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_set.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/imprint-parts.h"
#include "netfilter/object.h"
#include "netfilter/sets.h"
#include "netfilter/share.h"
#include "netfilter/weigh.h"

#define BYTES_MAX (16u << 20)

/* Of an address: with fewer bits a rule names a network that somebody wrote down for good. */
#define NAMING_BITS 24

void bytes_put(struct bytes *b, const void *data, size_t len)
{
	size_t room = b->room ? b->room : 4096;
	uint8_t *p;

	if (b->err)
		return;
	while (room < b->len + len)
		room *= 2;
	if (room > BYTES_MAX) {
		b->err = -EFBIG;
		return;
	}
	if (room > b->room) {
		p = realloc(b->data, room);
		if (!p) {
			b->err = -ENOMEM;
			return;
		}
		b->data = p;
		b->room = room;
	}
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
}

void bytes_put_text(struct bytes *b, const char *text)
{
	bytes_put(b, text, strlen(text) + 1);
}

static int compare_elements(const void *x, const void *y)
{
	const struct element *a = *(const struct element *const *)x;
	const struct element *b = *(const struct element *const *)y;
	int r = a->len - b->len;

	r = r ? r : memcmp(a->key, b->key, sizeof(a->key));
	r = r ? r : memcmp(a->to, b->to, sizeof(a->to));
	r = r ? r : a->ends - b->ends;
	r = r ? r : a->other - b->other;
	r = r ? r : (a->code > b->code) - (a->code < b->code);
	return r || !a->chain || !b->chain ? r : strcmp(a->chain, b->chain);
}

static void put_element(struct bytes *b, const struct element *e)
{
	const uint8_t flags = (uint8_t)(e->ends | e->other << 1 | e->verdict << 2);

	bytes_put(b, &e->len, sizeof(e->len));
	bytes_put(b, e->key, e->len);
	bytes_put(b, e->to, e->len);
	bytes_put(b, &flags, sizeof(flags));
	bytes_put(b, &e->code, sizeof(e->code));
	bytes_put_text(b, e->chain ? e->chain : "");
}

/* A dump has them in any order. */
static void put_elements(struct bytes *b, const struct set *set)
{
	const struct element **sorted = calloc(set->n + 1, sizeof(const struct element *));

	if (!sorted) {
		b->err = b->err ? b->err : -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < set->n; i++)
		sorted[i] = &set->elements[i];
	qsort(sorted, set->n, sizeof(const struct element *), compare_elements);
	for (uint32_t i = 0; i < set->n; i++)
		put_element(b, sorted[i]);
	free(sorted);
}

/* Sets without a name of their own are numbered by the kernel, anew at each reload. */
static const struct set *put_set(struct bytes *b, const char *name, const struct place *place)
{
	const struct set *set = name ? sets_find(place->sets, place->family, place->table, name)
				     : NULL;

	bytes_put_text(b, name && strncmp(name, "__", 2) != 0 ? name : "");
	if (set && set->whole && !set->moving && !b->err)
		put_elements(b, set);
	return set;
}

static void put_attr(struct bytes *b, uint8_t type, const struct nlattr *a)
{
	const uint8_t *data = mnl_attr_get_payload(a);
	const uint16_t len = mnl_attr_get_payload_len(a);
	unsigned any = 0;

	for (uint16_t i = 0; i < len; i++)
		any |= data[i];
	if (!any)
		return;
	bytes_put(b, &type, sizeof(type));
	bytes_put(b, &len, sizeof(len));
	bytes_put(b, data, len);
}

/* What counts, logs, or holds what was counted. */
static bool is_told_only(const char *name, const struct nlattr **a)
{
	static const char *const terms[] = { "counter", "log", "last" };
	static const char *const extensions[] = { "LOG", "NFLOG", "comment" };
	const char *x = NULL;

	for (size_t i = 0; i < COUNT(terms); i++)
		if (!strcmp(name, terms[i]))
			return true;
	if (!strcmp(name, "target"))
		x = object_text(a[NFTA_TARGET_NAME]);
	if (!strcmp(name, "match"))
		x = object_text(a[NFTA_MATCH_NAME]);
	for (size_t i = 0; x && i < COUNT(extensions); i++)
		if (!strcmp(x, extensions[i]))
			return true;
	return false;
}

/* Attributes whose value is a number of the kernel's own, or a count. */
static bool is_moving(const char *name, unsigned type)
{
	static const struct {
		const char *name;
		unsigned type;
	} rows[] = { { "lookup", NFTA_LOOKUP_SET },	 { "lookup", NFTA_LOOKUP_SET_ID },
		     { "quota", NFTA_QUOTA_CONSUMED },	 { "dynset", NFTA_DYNSET_SET_ID },
		     { "objref", NFTA_OBJREF_SET_NAME }, { "objref", NFTA_OBJREF_SET_ID } };

	for (size_t i = 0; i < COUNT(rows); i++)
		if (type == rows[i].type && !strcmp(name, rows[i].name))
			return true;
	return false;
}

struct reading {
	const struct place *place;
	struct bytes *bytes;
	struct gist *gist;
	uint32_t link;	 /* the register that was loaded last, if with the link; 0: it was not */
	uint32_t source; /* ... with the source address, or most of it */
};

static void on_verdict(struct gist *g, int32_t code, const char *target)
{
	g->refuses = code == NF_DROP;
	g->accepts = code == NF_ACCEPT;
	g->returns = code == NFT_RETURN;
	g->jumps = code == NFT_JUMP;
	g->leads = code == NFT_JUMP || code == NFT_GOTO;
	g->target = g->leads ? target : NULL;
}

static void on_immediate(struct reading *r, const struct nlattr **a)
{
	const struct nlattr *d[NFTA_DATA_MAX + 1], *v[NFTA_VERDICT_MAX + 1];

	if (!a[NFTA_IMMEDIATE_DATA] ||
	    object_sort_nested(a[NFTA_IMMEDIATE_DATA], d, NFTA_DATA_MAX) < 0 ||
	    !d[NFTA_DATA_VERDICT] ||
	    object_sort_nested(d[NFTA_DATA_VERDICT], v, NFTA_VERDICT_MAX) < 0)
		return;
	on_verdict(r->gist, (int32_t)object_be32(v[NFTA_VERDICT_CODE], NF_ACCEPT),
		   object_text(v[NFTA_VERDICT_CHAIN]));
}

static void on_meta(struct reading *r, const struct nlattr **a)
{
	uint32_t key = object_be32(a[NFTA_META_KEY], UINT32_MAX);

	if (a[NFTA_META_DREG] && (key == NFT_META_IIFNAME || key == NFT_META_IIF))
		r->link = object_be32(a[NFTA_META_DREG], 0);
}

/* A mask leaves less of an address than names anybody. */
static void on_bitwise(struct reading *r, const struct nlattr **a)
{
	const struct nlattr *d[NFTA_DATA_MAX + 1];
	unsigned bits = 0;

	if (object_be32(a[NFTA_BITWISE_SREG], 0) != r->source)
		return;
	if (a[NFTA_BITWISE_MASK] &&
	    object_sort_nested(a[NFTA_BITWISE_MASK], d, NFTA_DATA_MAX) == 0 && d[NFTA_DATA_VALUE]) {
		const uint8_t *mask = mnl_attr_get_payload(d[NFTA_DATA_VALUE]);

		for (unsigned i = 0; i < mnl_attr_get_payload_len(d[NFTA_DATA_VALUE]); i++)
			bits += (unsigned)__builtin_popcount(mask[i]);
	}
	if (bits < NAMING_BITS)
		r->source = 0;
}

static void on_cmp(struct reading *r, const struct nlattr **a)
{
	const struct nlattr *d[NFTA_DATA_MAX + 1];
	uint32_t reg = object_be32(a[NFTA_CMP_SREG], 0);

	if (!reg || object_be32(a[NFTA_CMP_OP], NFT_CMP_EQ) != NFT_CMP_EQ || !a[NFTA_CMP_DATA] ||
	    object_sort_nested(a[NFTA_CMP_DATA], d, NFTA_DATA_MAX) < 0 || !d[NFTA_DATA_VALUE])
		return;
	r->gist->by_source |= reg == r->source;
	if (reg != r->link)
		return;
	r->gist->by_link = true;
	r->gist->by_inner |= share_is_inner(mnl_attr_get_payload(d[NFTA_DATA_VALUE]),
					    mnl_attr_get_payload_len(d[NFTA_DATA_VALUE]));
}

/* Of a rule for both families it is not said here which one's addresses are where. */
static void on_payload(struct reading *r, const struct nlattr **a)
{
	uint32_t base = object_be32(a[NFTA_PAYLOAD_BASE], UINT32_MAX);
	uint32_t from = object_be32(a[NFTA_PAYLOAD_OFFSET], 0);
	uint32_t len = object_be32(a[NFTA_PAYLOAD_LEN], 0);
	uint32_t reg = object_be32(a[NFTA_PAYLOAD_DREG], 0);

	if ((base == NFT_PAYLOAD_NETWORK_HEADER && (from == 12 || from == 8) &&
	     len * 8 >= NAMING_BITS && len <= 16) ||
	    (base == NFT_PAYLOAD_LL_HEADER && from == 6 && len == 6))
		r->source = reg;
}

static void on_lookup(struct reading *r, const struct nlattr **a)
{
	const struct set *set = put_set(r->bytes, object_text(a[NFTA_LOOKUP_SET]), r->place);

	r->gist->by_source |= object_be32(a[NFTA_LOOKUP_SREG], 0) == r->source && r->source &&
			      !(object_be32(a[NFTA_LOOKUP_FLAGS], 0) & NFT_LOOKUP_F_INV);
	if (a[NFTA_LOOKUP_DREG] && object_be32(a[NFTA_LOOKUP_DREG], 1) == NFT_REG_VERDICT)
		r->gist->map = set;
}

static void on_match(struct reading *r, const struct nlattr **a)
{
	const char *name = object_text(a[NFTA_MATCH_NAME]);

	struct xt_set_info set = { .flags = IPSET_INV_MATCH };

	if (name && !strcmp(name, "set") && a[NFTA_MATCH_INFO] &&
	    mnl_attr_get_payload_len(a[NFTA_MATCH_INFO]) >= sizeof(set))
		memcpy(&set, mnl_attr_get_payload(a[NFTA_MATCH_INFO]), sizeof(set));
	r->gist->by_source |= !(set.flags & IPSET_INV_MATCH);
}

static void on_target(struct reading *r, const struct nlattr **a)
{
	const char *name = object_text(a[NFTA_TARGET_NAME]);

	r->gist->refuses |= name && (!strcmp(name, "REJECT") || !strcmp(name, "DROP"));
}

static void on_reject(struct reading *r, const struct nlattr **a)
{
	(void)a;
	r->gist->refuses = true;
}

static const struct {
	const char *name;
	void (*on)(struct reading *r, const struct nlattr **a);
} rows[] = {
	{ "bitwise", on_bitwise }, { "cmp", on_cmp },	    { "immediate", on_immediate },
	{ "lookup", on_lookup },   { "match", on_match },   { "meta", on_meta },
	{ "payload", on_payload }, { "reject", on_reject }, { "target", on_target },
};

/* What was loaded last is asked for; anything else may have loaded something in its place. */
static bool compares(const char *name)
{
	return !strcmp(name, "cmp") || !strcmp(name, "bitwise") || !strcmp(name, "lookup");
}

static void read_term(struct reading *r, const struct nlattr *term)
{
	const struct nlattr *a[TERM_ATTRS + 1];
	const char *name;

	if (object_term(term, &name, a) < 0 || !name)
		return put_attr(r->bytes, 0, term);
	if (is_told_only(name, a))
		return;
	bytes_put_text(r->bytes, name);
	for (unsigned i = 0; i <= TERM_ATTRS; i++)
		if (a[i] && !is_moving(name, i))
			put_attr(r->bytes, (uint8_t)i, a[i]);
	if (!compares(name))
		r->link = r->source = 0;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!strcmp(name, rows[i].name))
			rows[i].on(r, a);
}

void imprint_rule(struct bytes *b, const struct nlattr *terms, const struct place *place,
		  struct gist *ret)
{
	struct gist gist = { 0 };
	struct reading r = { .place = place, .bytes = b, .gist = &gist };
	const struct nlattr *a;

	if (terms)
		mnl_attr_for_each_nested(a, terms) read_term(&r, a);
	*ret = gist;
}
