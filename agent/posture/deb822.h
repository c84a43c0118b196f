/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian control files (deb822(5)): stanzas of "Name: value" lines.  Read through a window
 * and not mapped, since whoever cuts a mapped file short kills its reader.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/err.h"

#define DEB822_WINDOW	  (256 * 1024) /* the longest stanza; real ones have up to 40 kB */
#define DEB822_FIELDS_MAX 8

struct word { /* text without a NUL; p is NULL when there is none */
	const char *p;
	size_t len;
};

#define WORD(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

static inline bool word_is(struct word w, const char *text, size_t len)
{
	return w.len == len && !__builtin_memcmp(w.p, text, len);
}

struct deb822;

/*
 * Reads from the descriptor's place on; it stays the caller's.  The names of the wanted
 * fields, at most DEB822_FIELDS_MAX, must live as long.  -ENOMEM.
 */
int deb822_open(int fd, const struct word *names, size_t n, struct deb822 **ret);
struct deb822 *deb822_close(struct deb822 *d); /* always NULL */

/*
 * The next stanza: 1 and in values[i] what follows names[i], up to the line's end (of
 * fields that continue, the first line); valid until the next call.  0 at the end, -EBADMSG
 * with the fault's line for what is no control file, -EFBIG for a stanza larger than the
 * window, or the -errno of reading.
 */
int deb822_next(struct deb822 *d, struct word *values, struct fault *fault);

/* Did the file end with the blank line that closes a stanza?  Told after deb822_next() gave 0. */
bool deb822_closed(const struct deb822 *d);
