/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A feed of a few lines. */
#pragma once

#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/publisher/feed-rows.h"
#include "tests/unit/test.h"

DEFINE_DROP(feed, feed_unmap)

struct advisory_line {
	const char *package, *id, *fixed;
	enum advisory_state state;
	enum severity severity;
	int64_t published;
};

static inline uint32_t advisory_text(struct feed_rows *r, const char *text)
{
	uint32_t at;

	assert_int_equal(rows_put_text(r, text, strlen(text), &at), 0);
	return at;
}

/* The caller unmaps the feed, then frees *bytes. */
static inline struct feed *advisories(const struct distro *d, const struct advisory_line *lines,
				      size_t n, int64_t made, char **bytes)
{
	struct feed_rows rows = { .order = distro_find(d->id)->order };
	struct feed *f = NULL;
	size_t len;

	for (size_t i = 0; i < n; i++) {
		const struct advisory_line *l = &lines[i];
		const struct feed_row row = { .kind = PACKAGE_SOURCE,
					      .state = l->state,
					      .severity = l->severity,
					      .published = l->published,
					      .package = advisory_text(&rows, l->package),
					      .id = advisory_text(&rows, l->id),
					      .bound = advisory_text(&rows, l->fixed),
					      .bound_is = *l->fixed ? BOUND_FIXED : BOUND_NONE,
					      .source = (uint32_t)i };

		assert_int_equal(rows_add(&rows, &row), 0);
	}
	assert_int_equal(rows_write(&rows, d, made, bytes, &len, NULL), 0);
	rows_free(&rows);
	assert_int_equal(feed_use(*bytes, len, &f, NULL), 0);
	return f;
}
