/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An open feed, behind feed.h. */
#pragma once

#include "policy/feed-layout.h"
#include "policy/feed.h"

struct feed {
	const struct feed_header *header;
	const uint32_t *buckets;
	const struct feed_package *packages;
	const struct feed_record *records;
	const char *pool;
	uint32_t bits, n_packages, n_records, n_pool;
	void *mapped; /* to be unmapped, of this size */
	size_t size;
	void *copied; /* to be freed */
	struct fault
		*watch; /* gets what is amiss with advisories that are read; NULL: nobody asks */
};

/* A text by its place, a little-endian number; "" for a place outside. */
const char *feed_text(const struct feed *f, uint32_t at);

/* For feed_watch(): the advisory that a walk comes to next, and the texts of one that it gives. */
void feed_check_next(const struct feed_walk *w);
void feed_check_told(const struct feed *f, uint32_t at);
