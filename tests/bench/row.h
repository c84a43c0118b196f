/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of the table of tests/bench/run: words between tabs, of which the last ones may be missing.
 *
 *	WHAT  OURS  UNIT  GOAL  FIGURE  PEER  THEIRS
 *
 * GOAL is the most that it may be: "3" of ours, "1.5x" of ours by theirs.  FIGURE is the number
 * in docs/performance.md.
 */
#pragma once

#include <stdio.h>

struct row {
	const char *what, *unit;
	double ours;
	const char *goal;
	unsigned figure;
	const char *peer;
	double theirs;
};

static inline void row_print(const struct row *r)
{
	printf("%s\t%.4g\t%s\t%s\t", r->what, r->ours, r->unit, r->goal ? r->goal : "");
	if (r->figure)
		printf("%u", r->figure);
	if (r->peer)
		printf("\t%s\t%.4g", r->peer, r->theirs);
	printf("\n");
}
