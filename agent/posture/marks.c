// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "agent/posture/marks.h"

#define ROWS_FIRST 256

/* FNV-1a of 64 bits, over a text and the NUL behind it. */
#define HASH_START 0xcbf29ce484222325u
#define HASH_PRIME 0x100000001b3u

static uint64_t hash(uint64_t h, const char *text)
{
	do
		h = (h ^ (unsigned char)*text) * HASH_PRIME;
	while (*text++);
	return h;
}

uint64_t findings_id(const struct patch *p)
{
	return hash(hash(hash(hash(HASH_START, p->package), p->arch), p->installed), p->fixed);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a && (!b || a < b) ? a : b;
}

void advisories_add(struct advisories *a, const struct advisory *one)
{
	struct patch_mark mark = { hash(HASH_START, one->id), one->published, one->severity };
	struct patch_mark *rest = &a->rest[one->severity];

	if (a->n < PATCH_MARKS_MAX) {
		a->first[a->n++] = mark;
		return;
	}
	mark.id = hash(HASH_START, severity_names[one->severity]);
	if (rest->id)
		mark.published = earlier(mark.published, rest->published);
	*rest = mark;
}

bool advisories_have(const struct advisories *a, const struct advisory *one)
{
	uint64_t id = a->n ? hash(HASH_START, one->id) : 0;

	for (size_t i = 0; i < a->n; i++)
		if (a->first[i].id == id)
			return true;
	return false;
}

void advisories_clear(struct advisories *a)
{
	a->n = 0;
	for (int i = 0; i < SEVERITIES; i++)
		a->rest[i].id = 0;
}

static int make_room(struct marks *m, size_t n)
{
	size_t room = m->room ? m->room : ROWS_FIRST;
	struct patch_mark *rows;

	while (room < m->n + n)
		room *= 2;
	if (room == m->room)
		return 0;
	rows = reallocarray(m->rows, room, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	m->rows = rows;
	m->room = room;
	return 0;
}

/* The same advisory is another thing in another package. */
static void put(struct marks *m, struct patch_mark mark, uint64_t package)
{
	mark.id = (mark.id ^ package) * HASH_PRIME;
	m->rows[m->n++] = mark;
}

static struct patch_mark of_patch(const struct patch *p)
{
	/* An update is due however often a newer one takes its place: the installed version stays.
	 */
	uint64_t id = hash(HASH_START, patch_state_names[p->state]);

	if (p->state != PATCH_NO_FIX)
		id = hash(p->state == PATCH_RESTART ? id : HASH_START, p->installed);
	return (struct patch_mark){ id, p->by[p->severity].earliest, p->severity };
}

int marks_keep(struct marks *m, const struct advisories *a, struct patch *p)
{
	uint64_t package = hash(hash(HASH_START, p->package), p->arch);
	size_t before = m->n;

	if (make_room(m, PATCH_MARKS_MAX + SEVERITIES) < 0)
		return -ENOMEM;
	for (size_t i = 0; a && i < a->n; i++)
		put(m, a->first[i], package);
	for (int i = 0; a && i < SEVERITIES; i++)
		if (a->rest[i].id)
			put(m, a->rest[i], package);
	if (m->n == before)
		put(m, of_patch(p), package);
	p->first_mark = before;
	p->n_marks = m->n - before;
	return 0;
}

void marks_free(struct marks *m)
{
	free(m->rows);
	*m = (struct marks){ 0 };
}
