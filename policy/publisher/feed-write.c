// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/publisher/feed-rows.h"

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static uint32_t hash_of(const struct feed_rows *r, const struct feed_row *row)
{
	const char *name = rows_text(r, row->package);

	return feed_hash(row->kind, name, strlen(name));
}

static int compare_texts(const struct feed_rows *r, uint32_t a, uint32_t b)
{
	return a == b ? 0 : strcmp(rows_text(r, a), rows_text(r, b));
}

static int compare_packages(const struct feed_rows *r, const struct feed_row *a,
			    const struct feed_row *b)
{
	int c = compare_numbers(hash_of(r, a), hash_of(r, b));

	if (!c)
		c = compare_numbers(a->kind, b->kind);
	return c ? c : compare_texts(r, a->package, b->package);
}

/* All that is written, so that the order does not hang on what came first. */
static int compare_rest(const struct feed_rows *r, const struct feed_row *a,
			const struct feed_row *b)
{
	const uint32_t texts[][2] = { { a->bound, b->bound },
				      { a->id, b->id },
				      { a->introduced, b->introduced },
				      { a->also, b->also } };
	int c = compare_numbers(a->bound_is, b->bound_is);

	for (size_t i = 0; !c && i < COUNT(texts); i++)
		c = compare_texts(r, texts[i][0], texts[i][1]);
	if (!c)
		c = compare_numbers(a->severity, b->severity);
	return c ? c : (a->published > b->published) - (a->published < b->published);
}

static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct feed_row *v = a, *w = b;
	const struct feed_rows *r = ctx;
	int c = compare_packages(r, v, w);

	if (!c)
		c = compare_numbers(v->state, w->state);
	if (!c && v->state == ADVISORY_FIXED)
		c = rows_compare_versions(r, w->bound, v->bound);
	return c ? c : compare_rest(r, v, w);
}

/* In order, and each once: a document may say the same for two parts of a release. */
static void settle(struct feed_rows *r)
{
	size_t to = 0;

	if (!r->n)
		return;
	qsort_r(r->rows, r->n, sizeof(*r->rows), compare_rows, r);
	for (size_t i = 1; i < r->n; i++)
		if (compare_rows(&r->rows[to], &r->rows[i], r))
			r->rows[++to] = r->rows[i];
	r->n = to + 1;
}

/* What is being written, and where its texts went. */
struct image {
	char *data;
	struct feed_places at;
	uint32_t *moved; /* by the place in the rows' pool: place + 1 in the feed's */
	uint32_t n_pool;
};

static uint32_t put_text(const struct feed_rows *r, struct image *im, uint32_t from)
{
	const char *text = rows_text(r, from);
	size_t size = strlen(text) + 1;

	if (size == 1)
		return 0;
	if (!im->moved[from]) {
		if (im->data)
			memcpy(im->data + im->at.pool + im->n_pool, text, size);
		im->moved[from] = im->n_pool + 1;
		im->n_pool += (uint32_t)size;
	}
	return htole32(im->moved[from] - 1);
}

static void put_record(const struct feed_rows *r, struct image *im, const struct feed_row *row,
		       size_t i)
{
	struct feed_record record = {
		.id = put_text(r, im, row->id),
		.also = put_text(r, im, row->also),
		.introduced = put_text(r, im, row->introduced),
		.bound = put_text(r, im, row->bound),
		.state = (uint8_t)row->state,
		.severity = (uint8_t)row->severity,
		.bound_is = row->bound_is,
		.published = htole64((uint64_t)row->published),
	};

	if (im->data)
		memcpy(im->data + im->at.records + i * sizeof(record), &record, sizeof(record));
}

/* The package that begins with this row; where the next one begins. */
static size_t put_package(const struct feed_rows *r, struct image *im, size_t i, uint32_t n)
{
	const struct feed_row *row = &r->rows[i];
	size_t fixed_end = i, open_end = i, end = i;
	struct feed_package package;

	for (; end < r->n && !compare_packages(r, row, &r->rows[end]); end++) {
		put_record(r, im, &r->rows[end], end);
		fixed_end += r->rows[end].state == ADVISORY_FIXED;
		open_end += r->rows[end].state < ADVISORY_NOT_AFFECTED;
	}
	package = (struct feed_package){
		.hash = htole32(hash_of(r, row)),
		.name = put_text(r, im, row->package),
		.kind = htole32(row->kind),
		.first = htole32((uint32_t)i),
		.fixed_end = htole32((uint32_t)fixed_end),
		.open_end = htole32((uint32_t)open_end),
	};
	if (im->data)
		memcpy(im->data + im->at.packages + n * sizeof(package), &package, sizeof(package));
	return end;
}

/* Twice: first it only counts (no data). */
static uint32_t put_packages(const struct feed_rows *r, struct image *im)
{
	struct feed_package end = { .first = htole32((uint32_t)r->n) };
	uint32_t n = 0;

	im->n_pool = 1;
	for (size_t i = 0; i < r->n; n++)
		i = put_package(r, im, i, n);
	if (im->data)
		memcpy(im->data + im->at.packages + n * sizeof(end), &end, sizeof(end));
	return n;
}

static void put_buckets(struct image *im, uint32_t bits, uint32_t n)
{
	const struct feed_package *p = (const void *)(im->data + im->at.packages);
	uint32_t *buckets = (void *)(im->data + im->at.buckets), at = 0;

	for (uint32_t i = 0; i <= 1u << bits; i++) {
		while (at < n && le32toh(p[at].hash) >> (32 - bits) < i)
			at++;
		buckets[i] = htole32(at);
	}
}

static void put_header(const struct feed_rows *r, struct image *im, const struct distro *d,
		       int64_t date, struct feed_header *h)
{
	uint32_t kinds = 0, id, release;
	char *pool = im->data + im->at.pool;

	for (size_t i = 0; i < r->n; i++)
		kinds |= 1u << r->rows[i].kind;
	id = im->n_pool;
	release = id + (uint32_t)strlen(d->id) + 1;
	strcpy(pool + id, d->id);
	strcpy(pool + release, d->release);
	memcpy(h->magic, FEED_MAGIC, sizeof(h->magic));
	h->version = htole32(FEED_VERSION);
	h->order = htole32(r->order);
	h->date = htole64((uint64_t)date);
	h->distro = htole32(id);
	h->release = htole32(release);
	h->kinds = htole32(kinds);
	memcpy(im->data, h, sizeof(*h));
}

/* About two packages a bucket. */
static uint32_t count_bits(uint32_t n_packages)
{
	uint32_t bits = 1;

	while (bits < FEED_BITS && 2u << bits < n_packages)
		bits++;
	return bits;
}

int rows_write(struct feed_rows *r, const struct distro *d, int64_t date, char **ret, size_t *len,
	       struct fault *fault)
{
	_free_ uint32_t *moved = calloc(r->n_pool + 1, sizeof(*moved));
	struct image im = { .moved = moved };
	struct feed_header h = { 0 };
	_free_ char *data = NULL;
	uint32_t n, n_pool;

	if (!moved)
		return -ENOMEM;
	settle(r);
	n = put_packages(r, &im);
	n_pool = im.n_pool + (uint32_t)(strlen(d->id) + strlen(d->release)) + 2;
	h = (struct feed_header){ .bits = htole32(count_bits(n)),
				  .n_packages = htole32(n),
				  .n_records = htole32((uint32_t)r->n),
				  .n_pool = htole32(n_pool) };
	im.at = feed_place(count_bits(n), n, (uint32_t)r->n, n_pool);
	if (im.at.end > FEED_BYTES_MAX)
		return fault_set(fault, -EFBIG, "the feed would have %llu bytes, more than %d",
				 (unsigned long long)im.at.end, FEED_BYTES_MAX);
	data = calloc(1, im.at.end);
	if (!data)
		return -ENOMEM;
	memset(moved, 0, (r->n_pool + 1) * sizeof(*moved));
	im.data = data;
	put_packages(r, &im);
	put_buckets(&im, count_bits(n), n);
	put_header(r, &im, d, date, &h);
	*len = im.at.end;
	*ret = take(data);
	return 0;
}
