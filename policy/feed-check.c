// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "policy/feed-open.h"

static int refuse(struct fault *fault, const char *what, size_t i)
{
	return fault_set(fault, -EBADMSG, "damaged feed: %s %zu", what, i);
}

/* Short printable texts with a NUL each, and nothing else. */
static int check_pool(const struct feed *f, struct fault *fault)
{
	const char *nul = f->pool;

	for (size_t i = 1; i < f->n_pool; i++) {
		const char *p = f->pool + i;

		if (*p && (*p < ' ' || *p > '~'))
			return refuse(fault, "text at", i);
		if (!*p && p - nul > FEED_TEXT_MAX)
			return refuse(fault, "text before", i);
		if (!*p)
			nul = p;
	}
	return 0;
}

/* The place of a whole text of the pool? */
static bool text_ok(const struct feed *f, uint32_t little)
{
	uint32_t at = le32toh(little);

	return at < f->n_pool && (!at || !f->pool[at - 1]);
}

/* Also short enough to be compared a million times. */
static bool word_ok(const struct feed *f, uint32_t little)
{
	return text_ok(f, little) && strnlen(feed_text(f, little), FEED_WORD_MAX) < FEED_WORD_MAX;
}

static int check_buckets(const struct feed *f, struct fault *fault)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < 1u << f->bits; i++) {
		uint32_t to = le32toh(f->buckets[i + 1]);

		if (le32toh(f->buckets[i]) != at || to < at || to > f->n_packages ||
		    to - at > FEED_CROWD)
			return refuse(fault, "bucket", i);
		for (; at < to; at++)
			if (le32toh(f->packages[at].hash) >> (32 - f->bits) != i)
				return refuse(fault, "bucket", i);
	}
	return at == f->n_packages ? 0 : refuse(fault, "bucket", 1u << f->bits);
}

static int compare_packages(const struct feed *f, const struct feed_package *a,
			    const struct feed_package *b)
{
	uint32_t m[2] = { le32toh(a->hash), le32toh(a->kind) };
	uint32_t n[2] = { le32toh(b->hash), le32toh(b->kind) };

	for (size_t i = 0; i < 2; i++)
		if (m[i] != n[i])
			return m[i] < n[i] ? -1 : 1;
	return strcmp(feed_text(f, a->name), feed_text(f, b->name));
}

static bool name_ok(const char *name, uint32_t kind, uint32_t hash)
{
	size_t n = strnlen(name, FEED_WORD_MAX);

	return n && n < FEED_WORD_MAX && hash == feed_hash(kind, name, n);
}

static int check_package(const struct feed *f, uint32_t i, struct fault *fault)
{
	const struct feed_package *p = &f->packages[i];
	uint32_t first = le32toh(p->first), end = le32toh(p[1].first);
	uint32_t fixed_end = le32toh(p->fixed_end), open_end = le32toh(p->open_end);
	uint32_t kind = le32toh(p->kind);

	if (!text_ok(f, p->name) || kind >= PACKAGE_KINDS ||
	    !name_ok(feed_text(f, p->name), kind, le32toh(p->hash)) ||
	    !(le32toh(f->header->kinds) >> kind & 1))
		return refuse(fault, "package", i);
	if (first > fixed_end || fixed_end > open_end || open_end > end || first >= end ||
	    end > f->n_records || (!i && first))
		return refuse(fault, "records of package", i);
	return 0;
}

static bool record_ok(const struct feed *f, const struct feed_record *r)
{
	static const uint8_t zero[sizeof(r->zero)];
	bool bound;

	if (!word_ok(f, r->id) || !text_ok(f, r->also) || !word_ok(f, r->introduced) ||
	    !word_ok(f, r->bound) || !*feed_text(f, r->id) || memcmp(r->zero, zero, sizeof(zero)))
		return false;
	bound = *feed_text(f, r->bound);
	return r->state < ADVISORY_STATES && r->severity < SEVERITIES && r->bound_is < BOUNDS &&
	       bound == (r->bound_is != BOUND_NONE) &&
	       (r->state != ADVISORY_FIXED || r->bound_is == BOUND_FIXED);
}

/* Fixed ones with falling versions, then the open ones, then the rest. */
static bool in_order(const struct feed *f, const struct feed_package *p, uint32_t i)
{
	const struct feed_record *r = &f->records[i];
	uint32_t fixed_end = le32toh(p->fixed_end);
	const char *a, *b;

	if ((i < fixed_end) != (r->state == ADVISORY_FIXED) ||
	    (i < le32toh(p->open_end)) != (r->state < ADVISORY_NOT_AFFECTED))
		return false;
	if (i == le32toh(p->first) || i >= fixed_end)
		return true;
	a = feed_text(f, r[-1].bound);
	b = feed_text(f, r->bound);
	return version_cmp((enum version_order)le32toh(f->header->order), a, strlen(a), b,
			   strlen(b)) >= 0;
}

static int check_records(const struct feed *f, const struct feed_package *p, struct fault *fault)
{
	for (uint32_t i = le32toh(p->first); i < le32toh(p[1].first); i++) {
		if (!record_ok(f, &f->records[i]))
			return refuse(fault, "record", i);
		if (!in_order(f, p, i))
			return refuse(fault, "order of record", i);
	}
	return 0;
}

static int check_header(const struct feed *f, struct fault *fault)
{
	if (!word_ok(f, f->header->distro) || !word_ok(f, f->header->release) ||
	    le32toh(f->packages[f->n_packages].first) != f->n_records)
		return refuse(fault, "header of version", FEED_VERSION);
	return 0;
}

int feed_check(const struct feed *f, struct fault *fault)
{
	int r = check_header(f, fault);

	if (r == 0)
		r = check_pool(f, fault);
	if (r == 0)
		r = check_buckets(f, fault);
	for (uint32_t i = 0; r == 0 && i < f->n_packages; i++) {
		r = check_package(f, i, fault);
		if (r == 0 && i && compare_packages(f, &f->packages[i - 1], &f->packages[i]) >= 0)
			r = refuse(fault, "order of package", i);
		if (r == 0)
			r = check_records(f, &f->packages[i], fault);
	}
	return r;
}

int feed_watch(struct feed *f, struct fault *found)
{
	int r = check_header(f, found);

	if (r == 0)
		r = check_buckets(f, found);
	for (uint32_t i = 0; r == 0 && i < f->n_packages; i++)
		r = check_package(f, i, found);
	if (r == 0)
		f->watch = found;
	return r;
}

/* As check_pool() has it, of one text. */
static bool is_plain(const struct feed *f, uint32_t little)
{
	const char *p = feed_text(f, little);
	size_t n = 0;

	while (p[n] >= ' ' && p[n] <= '~' && n < FEED_TEXT_MAX)
		n++;
	return !p[n];
}

static bool is_in_place(const struct feed_walk *w, const struct feed_record *r)
{
	return (w->at < w->fixed_end) == (r->state == ADVISORY_FIXED) &&
	       (w->at < w->open_end) == (r->state < ADVISORY_NOT_AFFECTED);
}

void feed_check_next(const struct feed_walk *w)
{
	const struct feed_record *r = &w->feed->records[w->at];

	if (!record_ok(w->feed, r) || !is_in_place(w, r))
		refuse(w->feed->watch, "record", w->at);
}

void feed_check_told(const struct feed *f, uint32_t at)
{
	const struct feed_record *r = &f->records[at];

	if (!is_plain(f, r->id) || !is_plain(f, r->also) || !is_plain(f, r->introduced) ||
	    !is_plain(f, r->bound))
		refuse(f->watch, "texts of record", at);
}
