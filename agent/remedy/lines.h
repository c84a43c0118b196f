/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define LINE_TEXT_MAX 400

/*
 * Cuts a stream into lines: a newline or a carriage return (a progress meter's)
 * ends one, empty ones are left out, control bytes become '?', and what is longer than
 * LINE_TEXT_MAX - 1 bytes loses its end.  Start from { 0 }.
 */
struct lines {
	char text[LINE_TEXT_MAX];
	size_t len;
};

typedef void (*lines_take)(void *ctx, const char *line);

/* Hands on each line that n more bytes end; `line` is valid during the call. */
void lines_feed(struct lines *l, const char *data, size_t n, lines_take take, void *ctx);

/* The stream has ended: hands on a last line that had no newline. */
void lines_end(struct lines *l, lines_take take, void *ctx);
