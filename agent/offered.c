// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/offered.h"
#include "policy/summed.h"

#define FILE_NAME  "offered"
#define ROW_TEXT   64 /* three numbers and a severity */
#define FILE_MAX   (ROW_TEXT * (OFFERED_MAX + 2))
#define USED_EVERY 900 /* seconds; a kill forgets so much at most */

struct row {
	uint64_t id;
	struct first first;
	enum severity severity;
	bool seen; /* in this round */
	bool new;  /* not on disk */
};

struct offered {
	int folder;
	struct row *rows; /* by id */
	size_t n, room;
	uint64_t used, used_kept;
	bool changed;
};

DEFINE_DROP(offered, offered_close)

static int by_id(const void *a, const void *b)
{
	const struct row *p = a, *q = b;

	return (p->id > q->id) - (p->id < q->id);
}

static struct row *find(const struct offered *o, size_t n, uint64_t id)
{
	const struct row key = { .id = id };

	return n ? bsearch(&key, o->rows, n, sizeof(*o->rows), by_id) : NULL;
}

const struct first *offered_find(const struct offered *o, uint64_t id)
{
	const struct row *row = find(o, o->n, id);

	return row ? &row->first : NULL;
}

uint64_t offered_used(const struct offered *o)
{
	return o->used;
}

void offered_use(struct offered *o, uint64_t seconds)
{
	o->used += seconds;
}

void offered_leap(struct offered *o, struct leap leap)
{
	for (size_t i = 0; i < o->n; i++)
		leap_along(&o->rows[i].first.since, leap);
	o->changed |= o->n > 0;
}

void offered_begin(struct offered *o)
{
	for (size_t i = 0; i < o->n; i++)
		o->rows[i].seen = false;
}

void offered_end(struct offered *o, bool all)
{
	size_t n = 0;

	if (!all)
		return;
	for (size_t i = 0; i < o->n; i++)
		if (o->rows[i].seen)
			o->rows[n++] = o->rows[i];
	o->changed |= n != o->n;
	o->n = n;
}

static int add(struct offered *o, const struct row *row)
{
	struct row *rows = array_grow(o->rows, o->n, &o->room, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	o->rows = rows;
	o->rows[o->n++] = *row;
	return 0;
}

/* From what matters most to what may be forgotten first. */
static int by_weight(const void *a, const void *b)
{
	const struct row *p = a, *q = b;

	if (p->severity != q->severity)
		return p->severity < q->severity ? 1 : -1;
	if (p->first.since != q->first.since)
		return p->first.since > q->first.since ? 1 : -1;
	return by_id(a, b);
}

/* In order again after some were added, no two the same and not too many. */
static void settle(struct offered *o, size_t before)
{
	size_t n = 0;

	if (o->n == before)
		return;
	if (o->n > OFFERED_MAX) {
		qsort(o->rows, o->n, sizeof(*o->rows), by_weight);
		o->n = OFFERED_MAX;
	}
	qsort(o->rows, o->n, sizeof(*o->rows), by_id);
	for (size_t i = 0; i < o->n; i++)
		if (!n || o->rows[i].id != o->rows[n - 1].id)
			o->rows[n++] = o->rows[i];
	o->n = n;
	for (size_t i = 0; i < n; i++) {
		o->changed |= o->rows[i].new;
		o->rows[i].new = false;
	}
}

static bool starts(enum patch_state state, unsigned fails_on)
{
	return state == PATCH_AVAILABLE || state == PATCH_RESTART || state == PATCH_HELD ||
	       fails_on >> state & 1;
}

/* What is installed could run since then; its file's time may be of any clock. */
static int64_t begins(const struct patch *p, int64_t now)
{
	bool known = p->state == PATCH_RESTART && p->obtainable > 0 && p->obtainable < now;

	return known ? p->obtainable : now;
}

int offered_see(struct offered *o, const struct findings *f, unsigned fails_on, int64_t now)
{
	size_t n, before = o->n;
	const struct patch *p = findings_list(f, &n);
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		const struct patch_mark *marks = findings_marks(f, &p[i]);

		for (size_t k = 0; k < p[i].n_marks && r == 0; k++) {
			struct row *was = find(o, before, marks[k].id);
			const struct row row = {
				.id = marks[k].id,
				.first = { .since = begins(&p[i], now), .used = o->used },
				.severity = marks[k].severity,
				.seen = true,
				.new = true,
			};

			if (was)
				was->seen = true;
			else if (starts(p[i].state, fails_on))
				r = add(o, &row);
			/* A clock that was set back while nobody looked buys nothing. */
			if (was && was->first.since > now)
				was->first.since = now;
		}
	}
	settle(o, before);
	return r;
}

static bool read_number(const char **text, int base, uint64_t *ret)
{
	char *end;

	if (**text == ' ' || **text == '\n')
		(*text)++;
	errno = 0;
	*ret = strtoull(*text, &end, base);
	if (end == *text || errno)
		return false;
	*text = end;
	return true;
}

/* Behind its sum the file is: the time used, the number of rows, and a row a line. */
static int read_rows(struct offered *o, const char *text)
{
	uint64_t n, since, severity;

	if (!read_number(&text, 10, &o->used) || !read_number(&text, 10, &n) || n > OFFERED_MAX)
		return -EBADMSG;
	for (; n; n--) {
		struct row row = { 0 };

		if (!read_number(&text, 16, &row.id) || !read_number(&text, 10, &since) ||
		    !read_number(&text, 10, &row.first.used) ||
		    !read_number(&text, 10, &severity) || severity >= SEVERITIES)
			return -EBADMSG;
		row.first.since = (int64_t)since;
		row.severity = (enum severity)severity;
		if (add(o, &row) < 0)
			return -ENOMEM;
	}
	settle(o, 0);
	o->changed = false;
	o->used_kept = o->used;
	return 0;
}

static int load(struct offered *o)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(o->folder, FILE_NAME, FILE_MAX, &text, &len);

	if (r < 0)
		return r;
	return summed_is_whole(text, len) ? read_rows(o, text + SUMMED_HEAD) : -EBADMSG;
}

int offered_open(int folder, struct offered **ret, struct fault *fault)
{
	_drop_(drop_offered) struct offered *o = calloc(1, sizeof(*o));
	int r;

	if (!o)
		return -ENOMEM;
	o->folder = fcntl(folder, F_DUPFD_CLOEXEC, 3);
	if (o->folder < 0)
		return fault_set(fault, -errno, "state folder: %m");
	r = load(o);
	if (r < 0)
		o->n = o->used = 0;
	*ret = take(o);
	if (r == 0 || r == -ENOENT)
		return 0;
	return fault_set(fault, r,
			 FILE_NAME ": %s: since when fixes are offered is not known, and their "
				   "deadlines begin anew",
			 strerror(-r));
}

struct offered *offered_close(struct offered *o)
{
	if (o && o->folder >= 0)
		close(o->folder);
	if (o)
		free(o->rows);
	free(o);
	return NULL;
}

static char *write_rows(const struct offered *o, size_t *len)
{
	char *text = malloc(SUMMED_HEAD + ROW_TEXT * (o->n + 1) + 1), *p;

	if (!text)
		return NULL;
	p = text + SUMMED_HEAD;
	p += sprintf(p, " %" PRIu64 " %zu\n", o->used, o->n);
	for (size_t i = 0; i < o->n; i++) {
		const struct row *row = &o->rows[i];

		p += sprintf(p, "%" PRIx64 " %" PRId64 " %" PRIu64 " %d\n", row->id,
			     row->first.since, row->first.used, row->severity);
	}
	*len = (size_t)(p - text);
	if (summed_seal(text, *len) == 0)
		return text;
	free(text);
	return NULL;
}

int offered_keep(struct offered *o)
{
	_free_ char *text = NULL;
	size_t len;
	int r;

	if (!o->changed && (!o->n || o->used - o->used_kept < USED_EVERY))
		return 0;
	text = write_rows(o, &len);
	if (!text)
		return -ENOMEM;
	r = io_replace(o->folder, FILE_NAME, text, len, 0600);
	if (r < 0)
		return r;
	o->changed = false;
	o->used_kept = o->used;
	return 0;
}
