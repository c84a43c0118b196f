/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which remedy is tried when, for one requirement.  Pure: no clock, no I/O; times are seconds
 * since 1970, dice is any number.
 *
 * A fault lasts from the first look that fails to the next one that passes.  Each remedy is
 * tried once, in the policy's order; whether it helped is for the next look to say.  When none
 * did, a pause that doubles each round, then from the bottom again.  A fault that begins while
 * another one lasts (lasting.h) is tried at once and from the bottom.  Two things make it slower:
 *
 * - a breaker: a remedy that says it is done, and the look after it fails all the same, three
 *   times in a row, rests for hours; the others go on;
 * - a tug-of-war: what was repaired fails again, in whole or in part, more than TUG_FREE times
 *   within an hour.  Somebody keeps switching it off, and each repair waits four times as long as
 *   the one before it.
 *
 * And one makes it faster: a remedy that fetches failed, and there is a way out again.
 */
#pragma once

#include <stdint.h>

#include "agent/clock.h"
#include "agent/lasting.h"
#include "policy/document.h"

#define LADDER_PAUSE_MIN  30
#define LADDER_PAUSE_MAX  3600
#define LADDER_CRASH_WAIT 60 /* after a remedy during which lazaretd itself ended */

#define BREAKER_VAIN	  3
#define BREAKER_PAUSE_MIN (2 * 3600)
#define BREAKER_PAUSE_MAX (24 * 3600)

#define TUG_SPAN      3600
#define TUG_FREE      4
#define TUG_KEPT      8
#define TUG_PAUSE_MAX 256

struct breaker {
	unsigned vain; /* how often in a row it was done and changed nothing */
	int64_t until; /* it rests; 0: it does not */
};

/* Start from zeros. */
struct ladder {
	uint32_t of;	    /* which remedies, as a hash of their names */
	unsigned rung;	    /* the next one to try */
	unsigned rounds;    /* whole ladders climbed in vain */
	int64_t not_before; /* 0: at once */
	bool failing;	    /* the last look did */
	bool starved;	    /* a remedy that fetches failed */
	bool at_work;	    /* one has begun and not ended */
	unsigned tried;	    /* remedies in this fault */
	int proven;	  /* the rung that was done and is to be proven by a look, plus one; or 0 */
	int64_t repaired; /* when a fault last ended after remedies; 0: never */
	int64_t back[TUG_KEPT]; /* when what was repaired failed again, newest first */
	struct breaker breakers[REQUIREMENT_REMEDIES];
	struct lasting lasting;
};

/* What a look means for the ladder; bits. */
enum {
	LADDER_MOVED = 1,  /* something worth remembering */
	LADDER_BROKE = 2,  /* the remedy that was just looked after rests from now on */
	LADDER_TUGGED = 4, /* once more, and too often: a tug-of-war */
	LADDER_BEGAN = 8,  /* a fault did, while another one lasts */
};

/* Begins anew when the requirement's remedies are others than the ladder's. */
void ladder_fit(struct ladder *l, const struct requirement *req);

/* A look has passed, or it has not.  Not while a remedy runs: what it sees then is half done. */
unsigned ladder_look(struct ladder *l, const struct requirement *req, bool pass,
		     const struct probes *seen, int64_t now, uint32_t dice);

/* The remedy to start now: 1 and *ret; or 0: none is needed, or none is due. */
int ladder_next(const struct ladder *l, const struct requirement *req, int64_t now,
		enum remedy *ret);

/*
 * That remedy is about to start; what the ladder is now must be remembered before it does.  A
 * lazaretd that ends before ladder_end() goes on with the next remedy, after a pause.
 */
void ladder_begin(struct ladder *l, const struct requirement *req, enum remedy remedy, int64_t now,
		  uint32_t dice);
/* It has ended: err is 0 or -errno. */
void ladder_end(struct ladder *l, const struct requirement *req, enum remedy remedy, int err,
		int64_t now, uint32_t dice);

/*
 * There is a way out again, after there was none: when a remedy that fetches failed, the pause
 * ends at that moment at the latest.  Not so the pauses of a breaker, of a tug-of-war, and after a
 * crash.  Is it another pause now?
 */
bool ladder_hurry(struct ladder *l, int64_t at);

/* When ladder_next() has one; INT64_MAX: never, unless something changes. */
int64_t ladder_due(const struct ladder *l, const struct requirement *req);

/* How often what was repaired failed again within the hour, when that is too often; else 0. */
unsigned ladder_tug(const struct ladder *l, int64_t now);
/* Until when it counts as such, if it is left alone from now on; 0: it does not. */
int64_t ladder_tug_until(const struct ladder *l, int64_t now);

void ladder_leap(struct ladder *l, struct leap leap);

/* As one line of text, at most LADDER_TEXT bytes with its end; and back: 0 or -EINVAL. */
#define LADDER_TEXT 240
void ladder_put(const struct ladder *l, char text[LADDER_TEXT]);
int ladder_get(const char *text, struct ladder *ret);
