/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When to tell of events that come in bursts.  Pure; any clock in microseconds that does not go
 * back.  A burst is told when it is over, and soon even when it is not.  Whoever makes bursts all
 * the time has some told at once and then a few a second, so that an event costs the host the same
 * whether it comes once or a thousand times a second.
 */
#pragma once

#include <stdint.h>

struct settle_pace {
	uint64_t quiet; /* without an event: the burst is over */
	uint64_t most;	/* from the first of a burst on */
	uint64_t calm;	/* each that is told costs so much of ... */
	uint64_t saved; /* ... at most so much that was saved up */
};

#define SETTLE_QUIET 5000ull
#define SETTLE_MOST  50000ull
#define SETTLE_CALM  250000ull
#define SETTLE_SAVED 4000000ull
extern const struct settle_pace settle_files;

/* A firewall that reloads changes its rules many times, for longer than a file takes. */
extern const struct settle_pace settle_rules;

struct settle {
	const struct settle_pace *pace;
	uint64_t first, last; /* of what is not told yet; 0: nothing is */
	uint64_t spent;	      /* when all that was told is paid for */
};

/* One event, or any number at the same time. */
void settle_note(struct settle *s, uint64_t now);

/* When to tell, may be in the past; UINT64_MAX: there is nothing to tell.  Later events may move
 * it, `most` at most. */
uint64_t settle_due(const struct settle *s);

/* All of it was told. */
void settle_told(struct settle *s, uint64_t now);
