// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Distributions say the same thing more than once: an advisory names the issues that it mends
 * (DSA-6001-1), and each issue has a document of its own (CVE-2026-1); the tracker has it once
 * more.  A feed has one row for a package, an issue and a range of versions.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/publisher/feed-rows.h"

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_packages(const struct feed_row *a, const struct feed_row *b)
{
	int c = compare_numbers(a->package, b->package);

	return c ? c : compare_numbers(a->kind, b->kind);
}

/* By the places of texts: it matters only that the same ones come together. */
static int compare_rows(const void *a, const void *b)
{
	const struct feed_row *v = a, *w = b;
	int c = compare_packages(v, w);

	if (!c)
		c = compare_numbers(v->id, w->id);
	return c ? c : compare_numbers(v->source, w->source);
}

/* Adds a name to a list of them, unless it is in it or there is no room. */
static int add_name(struct feed_rows *r, uint32_t *list, uint32_t name)
{
	const char *was = rows_text(r, *list), *more = rows_text(r, name);
	char text[FEED_TEXT_MAX];
	size_t n = strlen(more);
	int len;

	for (const char *p = was; *p; p += strcspn(p, " "), p += *p == ' ')
		if (strcspn(p, " ") == n && !strncmp(p, more, n))
			return 0;
	len = snprintf(text, sizeof(text), "%s%s%s", was, *was ? " " : "", more);
	if (len < 0 || (size_t)len >= sizeof(text))
		return 0;
	return rows_put_text(r, text, (size_t)len, list);
}

/* What one document says of an issue: its rows, and what they amount to. */
struct word {
	size_t from, to;
	enum advisory_state state;
	uint32_t bound; /* the newest fix */
};

static struct word read_word(const struct feed_rows *r, size_t from, size_t end)
{
	const struct feed_row *first = &r->rows[from];
	struct word w = { from, from, first->state, first->bound };

	for (; w.to < end && r->rows[w.to].source == first->source; w.to++) {
		const struct feed_row *row = &r->rows[w.to];

		if (row->state < w.state)
			w.state = row->state;
		if (rows_compare_versions(r, row->bound, w.bound) > 0)
			w.bound = row->bound;
	}
	return w;
}

/* Who knows of a fix knows most; of two fixes the newer one is whole. */
static bool outdoes(const struct feed_rows *r, const struct word *a, const struct word *b)
{
	if (a->state != b->state)
		return a->state < b->state;
	return rows_compare_versions(r, a->bound, b->bound) > 0;
}

/* What the chosen rows lack, another document may know. */
static void learn(struct feed_row *row, const struct feed_row *other)
{
	if (!row->severity)
		row->severity = other->severity;
	if (!row->published)
		row->published = other->published;
}

/* Keeps the best document's rows of one issue; where the next one goes. */
static size_t choose(struct feed_rows *r, size_t from, size_t end, size_t to)
{
	struct word best = read_word(r, from, end);

	for (size_t i = best.to; i < end;) {
		struct word w = read_word(r, i, end);

		if (outdoes(r, &w, &best))
			best = w;
		i = w.to;
	}
	for (size_t i = best.from; i < best.to; i++)
		for (size_t k = from; k < end; k++)
			if (r->rows[k].source != r->rows[i].source)
				learn(&r->rows[i], &r->rows[k]);
	memmove(&r->rows[to], &r->rows[best.from], (best.to - best.from) * sizeof(*r->rows));
	return to + (best.to - best.from);
}

/* An issue's row and the advisory that names it. */
static int absorb(struct feed_rows *r, struct feed_row *row, const struct feed_row *advisory)
{
	if (row->state > ADVISORY_NEVER)
		return 0;
	if (row->state != ADVISORY_FIXED) {
		row->state = ADVISORY_FIXED;
		row->introduced = advisory->introduced;
		row->bound = advisory->bound;
		row->bound_is = advisory->bound_is;
	}
	/* The day of the advisory is the day on which there was a fix. */
	if (row->bound == advisory->bound && advisory->published)
		row->published = advisory->published;
	learn(row, advisory);
	return add_name(r, &row->also, advisory->id);
}

/* The first row of an issue in a package's rows, which are in the order of their ids. */
static struct feed_row *find_issue(struct feed_row *rows, size_t n, uint32_t id)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (rows[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && rows[low].id == id ? &rows[low] : NULL;
}

/* Hands an advisory's issues to their own rows; keeps the names of those without any. */
static int hand_over(struct feed_rows *r, size_t from, size_t end, struct feed_row *advisory)
{
	char names[FEED_TEXT_MAX], *rest = names, *name;
	uint32_t left = 0;
	int err = 0;

	snprintf(names, sizeof(names), "%s", rows_text(r, advisory->also));
	while (err == 0 && (name = strsep(&rest, " "))) {
		struct feed_row *row;
		uint32_t id;

		err = rows_put_text(r, name, strlen(name), &id);
		row = err < 0 ? NULL : find_issue(r->rows + from, end - from, id);
		if (err == 0 && !row)
			err = add_name(r, &left, id);
		for (; err == 0 && row && row < r->rows + end && row->id == id; row++)
			err = absorb(r, row, advisory);
	}
	advisory->also = left;
	return err;
}

static bool is_advisory(const struct feed_rows *r, const struct feed_row *row)
{
	return row->state == ADVISORY_FIXED && *rows_text(r, row->also) &&
	       strncmp(rows_text(r, row->id), "CVE-", 4);
}

static int join_package(struct feed_rows *r, size_t from, size_t end, size_t *to)
{
	for (size_t i = from; i < end; i++) {
		bool advisory = is_advisory(r, &r->rows[i]);
		int err = advisory ? hand_over(r, from, end, &r->rows[i]) : 0;

		if (err < 0)
			return err;
		/* All of it is in other rows now: told by its state, dropped below. */
		if (advisory && !*rows_text(r, r->rows[i].also))
			r->rows[i].state = ADVISORY_STATES;
	}
	for (size_t i = from; i < end; i++)
		if (r->rows[i].state != ADVISORY_STATES)
			r->rows[(*to)++] = r->rows[i];
	return 0;
}

int rows_merge(struct feed_rows *r)
{
	size_t to = 0, end, n = r->n;
	int err = 0;

	if (r->n)
		qsort(r->rows, r->n, sizeof(*r->rows), compare_rows);
	for (size_t i = 0; i < n; i = end) {
		for (end = i + 1; end < n && r->rows[i].id == r->rows[end].id &&
				  !compare_packages(&r->rows[i], &r->rows[end]);)
			end++;
		to = choose(r, i, end, to);
	}
	n = to;
	to = 0;
	for (size_t i = 0; err == 0 && i < n; i = end) {
		for (end = i + 1; end < n && !compare_packages(&r->rows[i], &r->rows[end]);)
			end++;
		err = join_package(r, i, end, &to);
	}
	r->n = to;
	return err;
}
