/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A feed's bytes, all numbers little-endian:
 *
 *   header
 *   buckets   u32 [n_buckets + 1]: of packages by the top bits of their hash, where each
 *             bucket begins; the last one is n_packages
 *   packages  [n_packages + 1], by hash, then kind, then name; the last one is only an end
 *   records   [n_records], those of a package together: by state; fixed ones from the
 *             newest fix to the oldest
 *   pool      texts with a NUL each; the first one and the last byte are NUL
 *
 * Each part begins at a multiple of 8.
 */
#pragma once

#include <endian.h>
#include <stdint.h>

#define FEED_MAGIC   "lazaret\x1a"
#define FEED_VERSION 1
#define FEED_BITS    20 /* at most so many bits of the hash choose the bucket */
#define FEED_CROWD   64 /* packages in a bucket at most */

struct feed_header {
	char magic[8];
	uint32_t version;
	uint32_t order; /* enum version_order */
	uint64_t date;
	uint32_t distro, release; /* in the pool */
	uint32_t bits;		  /* 2^bits buckets */
	uint32_t n_packages, n_records, n_pool;
	uint32_t kinds; /* a bit a kind */
	uint32_t zero;
};

struct feed_package {
	uint32_t hash, name;
	uint32_t kind;
	uint32_t first;	    /* record; the next package's first one is the end */
	uint32_t fixed_end; /* behind the last one that is fixed */
	uint32_t open_end;  /* behind the last one that affects some version */
};

/* What `bound` is. */
enum { BOUND_NONE, BOUND_FIXED, BOUND_LAST, BOUNDS };

struct feed_record {
	uint32_t id, also, introduced, bound; /* in the pool */
	uint8_t state, severity, bound_is, zero[5];
	uint64_t published;
};

_Static_assert(sizeof(struct feed_header) == 56 && sizeof(struct feed_package) == 24 &&
		       sizeof(struct feed_record) == 32,
	       "no padding");

/* Where the parts begin; the numbers in the header's own order of the host. */
struct feed_places {
	uint64_t buckets, packages, records, pool, end;
};

static inline struct feed_places feed_place(uint32_t bits, uint32_t n_packages, uint32_t n_records,
					    uint32_t n_pool)
{
	struct feed_places p = { .buckets = sizeof(struct feed_header) };

	p.packages = (p.buckets + 4 * ((1ull << bits) + 1) + 7) & ~7ull;
	p.records = p.packages + sizeof(struct feed_package) * (n_packages + 1ull);
	p.pool = p.records + sizeof(struct feed_record) * (uint64_t)n_records;
	p.end = p.pool + n_pool;
	return p;
}

/* FNV-1a, the kind first. */
static inline uint32_t feed_hash(unsigned kind, const char *name, size_t len)
{
	uint32_t h = (2166136261u ^ kind) * 16777619u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619u;
	return h;
}
