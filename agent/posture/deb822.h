/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian control files (deb822(5)): stanzas of "Name: value" lines.  Read through a window
 * and not mapped, since whoever cuts a mapped file short kills its reader.  Alpine's database
 * of installed packages has the same shape.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/err.h"
#include "agent/posture/unpack.h"

#define DEB822_STANZA_MAX (256 * 1024) /* real ones have up to 40 kB */
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

static inline bool word_same(struct word a, struct word b)
{
	return word_is(a, b.p, b.len);
}

struct deb822;

/*
 * Reads what comes out of `in`, which stays the caller's.  The names of the wanted fields, at
 * most DEB822_FIELDS_MAX, must live as long.  -ENOMEM.
 */
int deb822_open(struct unpack *in, const struct word *names, size_t n, struct deb822 **ret);
struct deb822 *deb822_close(struct deb822 *d); /* always NULL */

/* Stanzas that begin with the first wanted field are passed over unless wanted() likes its value.
 */
void deb822_filter(struct deb822 *d, bool (*wanted)(void *ctx, struct word value), void *ctx);

/* A file that people write: comments, names in any case, and its last line may have no end. */
void deb822_by_hand(struct deb822 *d);

/*
 * The next stanza: 1 and in values[i] what follows names[i], up to the line's end (of
 * fields that continue, the first line); valid until the next call.  0 at the end, -EBADMSG
 * with the fault's line for what is no control file, -EFBIG for a stanza larger than
 * DEB822_STANZA_MAX, or the errors of unpack_read().
 */
int deb822_next(struct deb822 *d, struct word *values, struct fault *fault);

/* The line of the file on which the last stanza begins. */
unsigned deb822_line(const struct deb822 *d);

/* Did the file end with the blank line that closes a stanza?  Told after deb822_next() gave 0. */
bool deb822_closed(const struct deb822 *d);
