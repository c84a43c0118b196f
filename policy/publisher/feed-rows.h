/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The advisories of a feed while it is being made, with each text kept once. */
#pragma once

#include "agent/base/err.h"
#include "policy/distro.h"
#include "policy/feed-layout.h"
#include "policy/feed.h"

#define ROWS_MAX (4 * 1024 * 1024)

struct feed_row {
	enum package_kind kind;
	enum advisory_state state;
	enum severity severity;
	int64_t published;
	uint32_t package, id, also, introduced, bound; /* texts, by their place (rows_text) */
	uint8_t bound_is;			       /* BOUND_... */
	uint32_t source; /* rows of one document have the same number; no other has it */
};

struct feed_rows {
	struct feed_row *rows;
	size_t n, room;
	char *pool;
	size_t n_pool, pool_room;
	uint32_t *slots; /* of texts by their hash: place + 1, 0 is free */
	size_t n_texts, n_slots;
	enum version_order order;
};

void rows_free(struct feed_rows *r);
static inline void drop_rows(struct feed_rows *r)
{
	rows_free(r);
}

/* The place of a text; "" is at 0.  -ENOMEM. */
int rows_put_text(struct feed_rows *r, const char *text, size_t len, uint32_t *ret);

/* Valid until the next text is put. */
const char *rows_text(const struct feed_rows *r, uint32_t at);

/* -ENOMEM, or -E2BIG above ROWS_MAX. */
int rows_add(struct feed_rows *r, const struct feed_row *row);

/* By version, "" being older than all; the texts by their places. */
int rows_compare_versions(const struct feed_rows *r, uint32_t a, uint32_t b);

/*
 * Makes one of what several documents say of the same package and CVE (feed-merge.c).
 * Rows change their order.  -ENOMEM.
 */
int rows_merge(struct feed_rows *r);

/*
 * The bytes of the feed, the same for the same rows in any order.  Rows change their order.
 * The caller frees *ret.  -EFBIG above FEED_BYTES_MAX, -ENOMEM.
 */
int rows_write(struct feed_rows *r, const struct distro *d, int64_t date, char **ret, size_t *len,
	       struct fault *fault);
