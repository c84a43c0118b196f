// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/arena.h"

struct arena_chunk {
	struct arena_chunk *next;
	char text[ARENA_TEXT_MAX];
};

const char *arena_copy(struct arena *a, const char *text, size_t len)
{
	char *to;

	if (len >= ARENA_TEXT_MAX)
		return NULL;
	if (!a->chunks || ARENA_TEXT_MAX - a->used <= len) {
		struct arena_chunk *c = malloc(sizeof(*c));

		if (!c)
			return NULL;
		c->next = a->chunks;
		a->chunks = c;
		a->used = 0;
	}
	to = a->chunks->text + a->used;
	memcpy(to, text, len);
	to[len] = '\0';
	a->used += len + 1;
	return to;
}

const char *arena_print(struct arena *a, const char *fmt, ...)
{
	_free_ char *text = NULL;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		return NULL;
	}
	return arena_copy(a, text, (size_t)n);
}

void arena_free(struct arena *a)
{
	while (a->chunks) {
		struct arena_chunk *next = a->chunks->next;

		free(a->chunks);
		a->chunks = next;
	}
}
