// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "netfilter/lookup.h"

#define REGISTER      4	  /* bytes */
#define INTERVALS_MAX 256 /* where each is compared with each */

static bool is_measured(const struct set *set, const struct value *v)
{
	return set->intervals && !v->masked && (v->field == FIELD_SOURCE || v->field == FIELD_PORT);
}

/*
 * All from the starts on without all from the ends on, in any order.  nft(8) marks
 * the begin of everything as an end when no interval begins there.
 */
static uint64_t measure(const struct set *set)
{
	uint64_t all = 0;
	bool any = false;

	for (uint32_t i = 0; i < set->n; i++) {
		const struct element *e = &set->elements[i];
		uint64_t lead = share_lead(e->key, e->len);

		if (e->other)
			return SHARE_DOUBT;
		if (!e->ends)
			all += SHARE_ALL - lead;
		else if (lead)
			all -= SHARE_ALL - lead;
		any |= !e->ends;
	}
	if (!any)
		return 0;
	return !all ? SHARE_SOME : all < SHARE_ALL ? all : SHARE_ALL;
}

/* From this start to before the next start or end, or to the last key there may be. */
static uint64_t share_of_interval(const struct set *set, const struct element *e,
				  const struct value *v)
{
	const uint8_t *next = NULL;
	uint8_t to[SET_KEY_MAX];

	if (v->field == FIELD_UNKNOWN || set->n > INTERVALS_MAX)
		return SHARE_DOUBT;
	for (uint32_t i = 0; i < set->n; i++) {
		const uint8_t *key = set->elements[i].key;

		if (memcmp(key, e->key, e->len) > 0 && (!next || memcmp(key, next, e->len) < 0))
			next = key;
	}
	memset(to, 0xff, sizeof(to));
	if (next)
		memcpy(to, next, e->len);
	for (uint8_t at = e->len; next && at > 0;)
		if (to[--at]--)
			break;
	return share_of_range(v, e->key, to, e->len);
}

/* Is the last of all starts and ends at or before a known value a start? */
static uint64_t share_of_known(const struct set *set, const struct value *v)
{
	const struct element *last = NULL;

	for (uint32_t i = 0; i < set->n; i++) {
		const struct element *e = &set->elements[i];

		if (e->other || e->len != v->len)
			return SHARE_DOUBT;
		if (memcmp(e->key, v->bytes, v->len) <= 0 &&
		    (!last || memcmp(e->key, last->key, v->len) > 0 ||
		     (!e->ends && !memcmp(e->key, last->key, v->len))))
			last = e;
	}
	return last && !last->ends ? SHARE_ALL : 0;
}

static uint64_t share_of_fields(const struct element *e, const struct value *values, size_t n)
{
	uint64_t all = SHARE_ALL;
	size_t at = 0;

	while (at < e->len) {
		const struct value *v = &values[at / REGISTER];

		if (at / REGISTER >= n || !v->len || at + v->len > e->len)
			return share_both(all, SHARE_DOUBT);
		all = share_both(all, share_of_range(v, e->key + at, e->to + at, v->len));
		at += (v->len + REGISTER - 1u) / REGISTER * REGISTER;
	}
	return all;
}

static bool is_same(const struct value *a, const struct value *b)
{
	return a->field == b->field && a->len == b->len && a->bits == b->bits &&
	       !memcmp(a->loose, b->loose, sizeof(a->loose)) && a->masked == b->masked &&
	       a->aimed == b->aimed && a->names == b->names && a->own == b->own &&
	       a->gateways == b->gateways && a->links == b->links &&
	       !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* The fields that share_of_fields() looks at.  false: they are too many. */
static bool ask(const struct set *set, const struct value *values, size_t n, struct answer *ret)
{
	const size_t len = set->elements[0].len;
	struct answer q = { .n = 0 };
	size_t at = 0;

	while (at < len && at / REGISTER < n && values[at / REGISTER].len) {
		const struct value *v = &values[at / REGISTER];

		if (q.n == LOOKUP_FIELDS)
			return false;
		q.values[q.n++] = *v;
		at += (v->len + REGISTER - 1u) / REGISTER * REGISTER;
	}
	*ret = q;
	return q.n;
}

static const struct answer *recall(const struct answers *known, const struct answer *q)
{
	for (size_t i = 0; i < known->n; i++) {
		const struct answer *a = &known->list[i];
		size_t same = 0;

		while (same < q->n && is_same(&a->values[same], &q->values[same]))
			same++;
		if (a->n == q->n && same == q->n)
			return a;
	}
	return NULL;
}

static uint64_t share_of_element(const struct set *set, const struct element *e,
				 const struct value *values, size_t n)
{
	if (e->other || !n || !values->len)
		return SHARE_DOUBT;
	return set->intervals ? share_of_interval(set, e, values) : share_of_fields(e, values, n);
}

static uint64_t reckon(const struct set *set, const struct value *values, size_t n)
{
	uint64_t all = 0;

	if (n && is_measured(set, values))
		return measure(set);
	if (n && set->intervals && set->n && values->field == FIELD_KNOWN &&
	    values->len == set->elements[0].len)
		return share_of_known(set, values);
	for (uint32_t i = 0; i < set->n; i++) {
		const struct element *e = &set->elements[i];

		if (!e->ends)
			all = share_either(all, share_of_element(set, e, values, n));
	}
	return all;
}

/* What its elements' own terms may leave out is not certainly in it. */
static uint64_t limit(const struct set *set, uint64_t share)
{
	return set->limited && share == SHARE_ALL ? SHARE_DOUBT : share;
}

static uint64_t remember(const struct set *set, const struct value *values, size_t n)
{
	struct answers *known = set->answers;
	const struct answer *same;
	struct answer q;

	if (!known || !ask(set, values, n, &q))
		return reckon(set, values, n);
	same = recall(known, &q);
	if (same)
		return same->share;
	q.share = reckon(set, values, n);
	if (known->n < LOOKUP_KEPT)
		known->list[known->n++] = q;
	return q.share;
}

uint64_t lookup_share(const struct set *set, const struct value *values, size_t n)
{
	return set->whole ? limit(set, remember(set, values, n)) : SHARE_DOUBT;
}

uint64_t lookup_share_of(const struct set *set, const struct element *e, const struct value *values,
			 size_t n)
{
	if (!set->whole || e->other || !n || !values->len)
		return SHARE_DOUBT;
	return is_measured(set, values) ? lookup_share(set, values, n)
					: limit(set, share_of_element(set, e, values, n));
}
