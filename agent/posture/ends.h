/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ends of lines, one after the other.  Lines are short and there are many of them: finding
 * those of 64 bytes at once is cheaper than a call of memchr() for each.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define ENDS_AHEAD 64 /* so many bytes behind the text are read, whatever they are */

struct ends {
	const char *at, *end; /* the next 64 bytes or line; of the text */
	uint64_t found;	      /* of the 64 bytes before `at`, those ends that were not told yet */
};

static inline struct ends ends_of(const char *text, size_t len)
{
	return (struct ends){ text, text + len, 0 };
}

#ifdef __SSE2__
static inline uint64_t ends_in_16(const char *p)
{
	const __m128i bytes = _mm_loadu_si128((const void *)p);

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')));
}

/* Where the next line ends; NULL behind the last one. */
static inline const char *ends_next(struct ends *e)
{
	const char *nl;

	while (!e->found) {
		const char *p = e->at;

		if (p >= e->end)
			return NULL;
		e->found = ends_in_16(p) | ends_in_16(p + 16) << 16 | ends_in_16(p + 32) << 32 |
			   ends_in_16(p + 48) << 48;
		e->at = p + 64;
	}
	nl = e->at - 64 + __builtin_ctzll(e->found);
	e->found &= e->found - 1;
	return nl < e->end ? nl : NULL;
}
#else
static inline const char *ends_next(struct ends *e)
{
	const char *nl = memchr(e->at, '\n', (size_t)(e->end - e->at));

	e->at = nl ? nl + 1 : e->end;
	return nl;
}
#endif
