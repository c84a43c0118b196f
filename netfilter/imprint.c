// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "netfilter/imprint-parts.h"
#include "netfilter/imprint.h"
#include "netfilter/ruleset-parts.h"
#include "netfilter/table.h"

#define LINES_MAX (1u << 20)
#define DEPTH_MAX 64 /* the kernel allows 16 jumps */

static int add_line(struct imprint *im, const struct line *l)
{
	struct line *p;

	if (im->n == LINES_MAX)
		return -EFBIG;
	p = array_grow(im->lines, im->n, &im->room, sizeof(*p));
	if (!p)
		return -ENOMEM;
	im->lines = p;
	im->lines[im->n++] = *l;
	return 0;
}

/* Which links are in which of firewalld's zones follows the network; others write it down. */
static bool is_passed_over(const struct gist *g, const struct place *place)
{
	const bool of_zone = g->by_link && !strcmp(place->table, "firewalld");

	return (g->refuses && g->by_source) || (g->accepts && g->by_inner) ||
	       (of_zone && (g->leads || g->refuses));
}

int imprint_take(struct ruleset *rs, uint32_t chain, const struct nlattr *terms,
		 const struct place *place)
{
	struct imprint *im = rs->imprint;
	struct line l = { .chain = chain, .target = NOWHERE };
	struct bytes nowhere = { .err = -ECANCELED };
	struct gist g;
	int r;

	if (!im)
		return 0;
	imprint_rule(&nowhere, terms, place, &g); /* it may have a long list to keep out */
	l.passed_over = is_passed_over(&g, place);
	l.at = im->bytes.len;
	if (!l.passed_over)
		imprint_rule(&im->bytes, terms, place, &g);
	l.len = im->bytes.len - l.at;
	l.passed_over |= !l.len;
	l.jump = g.jumps;
	l.back = g.returns;
	if (g.target)
		l.target = ruleset_chain(rs, place->family, place->table, g.target);
	r = im->bytes.err ? im->bytes.err : add_line(im, &l);
	for (uint32_t i = 0; r == 0 && g.map && i < g.map->n; i++) {
		const struct element *e = &g.map->elements[i];
		struct line way = { .chain = chain };

		if (!e->chain)
			continue;
		way.target = ruleset_chain(rs, place->family, place->table, e->chain);
		r = add_line(im, &way);
	}
	return r;
}

/* What is known of a chain; bits. */
enum { ACTS = 1, REACHED = 2 };

static bool counts(const struct line *l, const uint8_t *marks)
{
	return !l->passed_over && !(l->jump && l->target != NOWHERE && !(marks[l->target] & ACTS));
}

/* Chains that do more than to come back: by a rule of their own, or by a chain they lead to. */
static bool mark_acting(const struct imprint *im, uint8_t *marks)
{
	bool news = false;

	for (uint32_t i = 0; i < im->n; i++) {
		const struct line *l = &im->lines[i];

		if (marks[l->chain] & ACTS || l->back || !counts(l, marks))
			continue;
		marks[l->chain] |= ACTS;
		news = true;
	}
	return news;
}

static bool mark_reached(const struct imprint *im, uint8_t *marks)
{
	bool news = false;

	for (uint32_t i = 0; i < im->n; i++) {
		const struct line *l = &im->lines[i];

		if (l->target == NOWHERE || !(marks[l->chain] & REACHED) || !counts(l, marks) ||
		    marks[l->target] & REACHED)
			continue;
		marks[l->target] |= REACHED;
		news = true;
	}
	return news;
}

static uint8_t *mark_chains(const struct ruleset *rs)
{
	uint8_t *marks = calloc(rs->n_chains + 1, 1);

	if (!marks)
		return NULL;
	for (unsigned i = 0; i < DEPTH_MAX && mark_acting(rs->imprint, marks); i++)
		;
	for (uint32_t i = 0; i < rs->n_chains; i++) {
		const struct kept_chain *c = &rs->chains[i];

		if (c->input && strcmp(c->name.table, BASELINE_TABLE) != 0 &&
		    (marks[i] & ACTS || c->policy == FATE_DROP))
			marks[i] |= REACHED;
	}
	for (unsigned i = 0; i < DEPTH_MAX && mark_reached(rs->imprint, marks); i++)
		;
	return marks;
}

/* The lines of a chain are in one piece: a dump goes chain by chain. */
static int tell_chain(const struct ruleset *rs, uint32_t chain, uint32_t first,
		      const uint8_t *marks, survey_chain each, void *ctx)
{
	const struct imprint *im = rs->imprint;
	const struct kept_chain *c = &rs->chains[chain];
	struct imprint_chain out = { 0 };
	struct bytes b = { 0 };
	int r;

	name_text(&c->name, out.name, sizeof(out.name));
	bytes_put_text(&b, c->name.table);
	bytes_put_text(&b, c->name.chain);
	if (c->input) {
		bytes_put(&b, &c->priority, sizeof(c->priority));
		bytes_put(&b, &c->policy, sizeof(c->policy));
	}
	for (uint32_t i = first; i < im->n && im->lines[i].chain == chain; i++) {
		const struct line *l = &im->lines[i];
		const uint64_t len = l->len;

		if (!l->len || !counts(l, marks))
			continue;
		bytes_put(&b, &len, sizeof(len));
		bytes_put(&b, im->bytes.data + l->at, l->len);
		out.rules++;
	}
	out.bytes = b.data;
	out.len = b.len;
	r = b.err ? b.err : each(ctx, &out);
	free(b.data);
	return r;
}

/* Where the lines of each chain begin. */
static uint32_t *index_lines(const struct ruleset *rs)
{
	uint32_t *first = malloc((rs->n_chains + 1) * sizeof(*first));

	for (uint32_t i = 0; first && i < rs->n_chains; i++)
		first[i] = rs->imprint->n;
	for (uint32_t i = rs->imprint->n; first && i-- > 0;)
		first[rs->imprint->lines[i].chain] = i;
	return first;
}

int imprint_tell(const struct ruleset *rs, survey_chain each, void *ctx)
{
	_free_ uint8_t *marks = mark_chains(rs);
	_free_ uint32_t *first = index_lines(rs);
	int r = marks && first ? 0 : -ENOMEM;

	for (uint32_t i = 0; r == 0 && i < rs->n_chains; i++)
		if (marks[i] & REACHED)
			r = tell_chain(rs, i, first[i], marks, each, ctx);
	return r;
}
