/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The servers that hold the policy, in the order of lazaret.conf, and how they fared.
 * A refresh asks the first one that is not in a pause, and after a fault the next; one in
 * a pause is asked when no other is left.  Moments are of io_boot_ms().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MIRRORS_MAX		4
#define MIRRORS_PAUSE_MIN	60 /* seconds, after the first fault; four times that after each more */
#define MIRRORS_RETRY_AFTER_MAX 3600 /* seconds; a server may not ask for a longer pause */

struct mirror {
	char *url;
	int memory;	 /* lazaret-fetch's, of TLS sessions (wire.h); -1: there is none yet */
	unsigned faults; /* in a row */
	uint64_t not_before;
	bool asked; /* in this refresh */
};

struct mirrors {
	uint64_t pause_max; /* seconds */
	size_t n;
	struct mirror at[MIRRORS_MAX];
};

/* From addresses with blanks between them.  -ENOMEM, -E2BIG for more than MIRRORS_MAX. */
int mirrors_new(const char *urls, uint64_t pause_max, struct mirrors **ret);
struct mirrors *mirrors_free(struct mirrors *m); /* always NULL */

/* A new refresh: nobody has been asked. */
void mirrors_begin(struct mirrors *m);

/* Whom to ask next, who then counts as asked; NULL when all were. */
struct mirror *mirrors_next(struct mirrors *m, uint64_t now);

/* It answered: no faults, no pause. */
void mirror_served(struct mirror *one);

/*
 * A fault: the pause before it is asked again becomes longer, up to pause_max, a part of it left
 * to the dice; what the server asked for itself (seconds, 0: nothing) comes first.
 */
void mirrors_failed(struct mirrors *m, struct mirror *one, uint64_t now, uint32_t retry_after,
		    uint32_t dice);

/* Seconds, one at least, until the first of them may be asked again. */
uint64_t mirrors_wait(const struct mirrors *m, uint64_t now);
