// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "netfilter/lookup.h"
#include "netfilter/object.h"
#include "netfilter/sets.h"

#define SETS_MAX     16384
#define ELEMENTS_MAX 65536 /* in all sets: some 12 MB */

static void drop_elements(struct set *s)
{
	for (uint32_t i = 0; i < s->n; i++)
		free(s->elements[i].chain);
	free(s->elements);
	free(s->answers);
	s->elements = NULL;
	s->answers = NULL;
	s->n = s->room = 0;
}

static void drop_set(struct set *s)
{
	drop_elements(s);
	free(s->table);
	free(s->name);
}

void sets_drop(struct sets *sets)
{
	for (uint32_t i = 0; i < sets->n; i++)
		drop_set(&sets->rows[i]);
	free(sets->rows);
	*sets = (struct sets){ 0 };
}

static struct set *find(const struct sets *sets, uint8_t family, const char *table,
			const char *name)
{
	for (uint32_t i = 0; i < sets->n; i++) {
		struct set *s = &sets->rows[i];

		if (s->family == family && !strcmp(s->table, table) && !strcmp(s->name, name))
			return s;
	}
	return NULL;
}

const struct set *sets_find(const struct sets *sets, uint8_t family, const char *table,
			    const char *name)
{
	return find(sets, family, table, name);
}

bool sets_fill(struct sets *sets, uint8_t family, const char *table, const char *name)
{
	struct set *s = find(sets, family, table, name);
	bool news = s && s->whole;

	if (s)
		s->whole = false;
	return news;
}

int sets_take_set(struct sets *sets, const struct nlmsghdr *h)
{
	struct set_seen seen;
	struct set s = { 0 }, *rows;
	int r = object_set(h, &seen);

	if (r < 0)
		return r;
	if (sets->n >= SETS_MAX)
		return -EFBIG;
	rows = array_grow(sets->rows, sets->n, &sets->room, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	sets->rows = rows;
	s.family = seen.family;
	/* Ranges of concatenated fields have both their ends in one element. */
	s.intervals = seen.flags & NFT_SET_INTERVAL && !(seen.flags & NFT_SET_CONCAT);
	s.whole = !(seen.flags & NFT_SET_EVAL);
	s.moving = seen.flags & (NFT_SET_EVAL | NFT_SET_TIMEOUT);
	s.table = strdup(seen.table);
	s.name = strdup(seen.name);
	if (!s.table || !s.name) {
		drop_set(&s);
		return -ENOMEM;
	}
	sets->rows[sets->n++] = s;
	return 0;
}

/* The bytes of a key; how many, or 0 when they cannot be read. */
static uint8_t read_key(const struct nlattr *nest, uint8_t *key)
{
	uint32_t len;
	const uint8_t *data = object_data(nest, &len);

	if (!data || len > SET_KEY_MAX)
		return 0;
	memcpy(key, data, len);
	return (uint8_t)len;
}

static void read_value(const struct nlattr *nest, struct element *e)
{
	uint32_t len;
	const uint8_t *data = object_data(nest, &len);

	if (!data || len > sizeof(e->value))
		return;
	e->value_len = (uint8_t)len;
	memcpy(e->value, data, len);
}

static int read_data(const struct nlattr *nest, struct element *e)
{
	const struct nlattr *a[NFTA_DATA_MAX + 1], *v[NFTA_VERDICT_MAX + 1];
	const char *chain;

	if (object_sort_nested(nest, a, NFTA_DATA_MAX) < 0)
		return -EBADMSG;
	if (!a[NFTA_DATA_VERDICT]) {
		read_value(nest, e);
		return 0;
	}
	if (object_sort_nested(a[NFTA_DATA_VERDICT], v, NFTA_VERDICT_MAX) < 0)
		return -EBADMSG;
	chain = object_text(v[NFTA_VERDICT_CHAIN]);
	e->chain = chain ? strdup(chain) : NULL;
	if (chain && !e->chain)
		return -ENOMEM;
	e->verdict = true;
	e->code = object_be32(v[NFTA_VERDICT_CODE], NF_ACCEPT);
	return 0;
}

/* One that only counts, or notes the time, is no condition. */
static bool is_condition(const struct nlattr *term)
{
	const struct nlattr *a[TERM_ATTRS + 1];
	const char *name;

	return object_term(term, &name, a) < 0 || !name ||
	       (strcmp(name, "counter") != 0 && strcmp(name, "last") != 0);
}

/* The kernel evaluates an element's own terms when it finds it; when one fails, so does the rule.
 */
static bool is_limited(const struct nlattr **element)
{
	const struct nlattr *term;
	bool limited = element[NFTA_SET_ELEM_EXPR] && is_condition(element[NFTA_SET_ELEM_EXPR]);

	if (!element[NFTA_SET_ELEM_EXPRESSIONS])
		return limited;
	mnl_attr_for_each_nested(term, element[NFTA_SET_ELEM_EXPRESSIONS])
	{
		limited |= is_condition(term);
	}
	return limited;
}

static int read_element(const struct nlattr *nest, struct element *ret)
{
	const struct nlattr *a[NFTA_SET_ELEM_MAX + 1];
	struct element e = { 0 };
	uint32_t flags;
	uint8_t n;

	if (object_sort_nested(nest, a, NFTA_SET_ELEM_MAX) < 0)
		return -EBADMSG;
	flags = object_be32(a[NFTA_SET_ELEM_FLAGS], 0);
	e.ends = flags & NFT_SET_ELEM_INTERVAL_END;
	e.other = flags & NFT_SET_ELEM_CATCHALL;
	e.limited = is_limited(a);
	e.len = read_key(a[NFTA_SET_ELEM_KEY], e.key);
	memcpy(e.to, e.key, sizeof(e.to));
	n = a[NFTA_SET_ELEM_KEY_END] ? read_key(a[NFTA_SET_ELEM_KEY_END], e.to) : e.len;
	if ((!e.len && !e.other) || n != e.len)
		return -EBADMSG;
	*ret = e;
	return a[NFTA_SET_ELEM_DATA] ? read_data(a[NFTA_SET_ELEM_DATA], ret) : 0;
}

/* The largest goes: what lets in or keeps out by name is small, and a list to keep out is long. */
static void make_room(struct sets *sets)
{
	struct set *large = &sets->rows[0];

	for (uint32_t i = 1; i < sets->n; i++)
		if (sets->rows[i].n > large->n)
			large = &sets->rows[i];
	sets->n_elements -= (uint32_t)large->n;
	drop_elements(large);
	large->whole = false;
	large->gone = true;
}

static int add_element(struct sets *sets, struct set *s, const struct nlattr *nest)
{
	struct element e, *p;
	int r;

	if (sets->n_elements >= ELEMENTS_MAX)
		make_room(sets);
	if (s->gone)
		return 0;
	p = array_grow(s->elements, s->n, &s->room, sizeof(*p));
	if (!p)
		return -ENOMEM;
	s->elements = p;
	r = read_element(nest, &e);
	if (r < 0)
		return r;
	s->elements[s->n++] = e;
	s->limited |= e.limited;
	s->value_len = e.value_len > s->value_len ? e.value_len : s->value_len;
	if (s->n == LOOKUP_LARGE)
		s->answers = calloc(1, sizeof(*s->answers));
	sets->n_elements++;
	return 0;
}

int sets_take_elements(struct sets *sets, const struct nlmsghdr *h)
{
	struct elements_seen seen;
	const struct nlattr *a;
	int r = object_elements(h, &seen);
	struct set *s = r < 0 ? NULL : find(sets, seen.family, seen.table, seen.set);

	if (!s || !seen.elements)
		return r;
	mnl_attr_for_each_nested(a, seen.elements)
	{
		r = add_element(sets, s, a);
		if (r == -ENOMEM)
			return r;
		if (r < 0)
			s->whole = false;
	}
	return 0;
}
