/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many small texts in a few pieces of memory that never move and are freed together. */
#pragma once

#include <stddef.h>

#define ARENA_TEXT_MAX (64 * 1024)

struct arena_chunk;

struct arena { /* zeroed it is empty */
	struct arena_chunk *chunks;
	size_t used; /* of the newest one */
};

/* A copy with a NUL behind it; NULL without memory, or above ARENA_TEXT_MAX - 1 bytes. */
const char *arena_copy(struct arena *a, const char *text, size_t len);

/* The same of a formatted text. */
const char *arena_print(struct arena *a, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void arena_free(struct arena *a);
