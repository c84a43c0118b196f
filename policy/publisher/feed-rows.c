// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "policy/publisher/feed-rows.h"

#define ROOM_FIRST 4096

void rows_free(struct feed_rows *r)
{
	free(r->rows);
	free(r->pool);
	free(r->slots);
	*r = (struct feed_rows){ 0 };
}

const char *rows_text(const struct feed_rows *r, uint32_t at)
{
	return r->pool ? r->pool + at : "";
}

/* Where the text is, or the free place for it. */
static uint32_t *find_slot(const struct feed_rows *r, const char *text, size_t len)
{
	size_t at = feed_hash(0, text, len) & (r->n_slots - 1);

	for (; r->slots[at]; at = (at + 1) & (r->n_slots - 1)) {
		const char *there = r->pool + r->slots[at] - 1;

		if (!strncmp(there, text, len) && !there[len])
			break;
	}
	return &r->slots[at];
}

static int grow_slots(struct feed_rows *r)
{
	size_t n = r->n_slots ? 2 * r->n_slots : ROOM_FIRST;
	uint32_t *was = r->slots, *slots = calloc(n, sizeof(*slots));
	size_t n_was = r->n_slots;

	if (!slots)
		return -ENOMEM;
	r->slots = slots;
	r->n_slots = n;
	for (size_t i = 0; i < n_was; i++)
		if (was[i])
			*find_slot(r, r->pool + was[i] - 1, strlen(r->pool + was[i] - 1)) = was[i];
	free(was);
	return 0;
}

static int grow_pool(struct feed_rows *r, size_t len)
{
	size_t room = r->pool_room ? r->pool_room : ROOM_FIRST;
	char *pool;

	while (room - r->n_pool < len + 1)
		room *= 2;
	if (room == r->pool_room)
		return 0;
	if (room >= UINT32_MAX)
		return -ENOMEM;
	pool = realloc(r->pool, room);
	if (!pool)
		return -ENOMEM;
	r->pool = pool;
	r->pool_room = room;
	return 0;
}

int rows_put_text(struct feed_rows *r, const char *text, size_t len, uint32_t *ret)
{
	uint32_t *slot;
	int err = 0;

	if (r->n_slots < 2 * (r->n_texts + 1))
		err = grow_slots(r);
	if (err == 0 && !r->n_texts++) /* "" comes first */
		err = rows_put_text(r, "", 0, ret);
	if (err == 0)
		err = grow_pool(r, len);
	if (err < 0)
		return err;
	slot = find_slot(r, text, len);
	if (!*slot) {
		memcpy(r->pool + r->n_pool, text, len);
		r->pool[r->n_pool + len] = '\0';
		*slot = (uint32_t)r->n_pool + 1;
		r->n_pool += len + 1;
		r->n_texts++;
	}
	*ret = *slot - 1;
	return 0;
}

int rows_add(struct feed_rows *r, const struct feed_row *row)
{
	struct feed_row *rows;

	if (r->n == ROWS_MAX)
		return -E2BIG;
	rows = array_grow(r->rows, r->n, &r->room, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	r->rows = rows;
	r->rows[r->n++] = *row;
	return 0;
}

int rows_compare_versions(const struct feed_rows *r, uint32_t a, uint32_t b)
{
	const char *v = rows_text(r, a), *w = rows_text(r, b);

	if (a == b)
		return 0;
	if (!*v || !*w)
		return *v ? 1 : -1;
	return version_cmp(r->order, v, strlen(v), w, strlen(w));
}
