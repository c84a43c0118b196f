/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Why something was refused, and where in its text.  Passed down by whoever
 * wants to know; the first fault wins and later ones keep quiet, so callers may
 * go on in straight lines.
 */
struct fault {
	char why[240];	    /* one sentence without a full stop; empty while all is well */
	unsigned line, col; /* from 1; 0 when the input has no lines or the place is unknown */
};

/* Records a fault unless there is one already; f may be NULL.  Returns err (-errno). */
int fault_set(struct fault *f, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts words before a fault's own, for instance the name of the file: "NAME: why". */
void fault_prefix(struct fault *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Line and column, from 1, of a byte offset in a text; an offset past the end means the end. */
void fault_place(const char *text, size_t len, size_t at, unsigned *line, unsigned *col);
