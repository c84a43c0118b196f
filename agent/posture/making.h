/* SPDX-License-Identifier: GPL-2.0-or-later */
/* While findings are made: what the advisories of one package come to, and how it is put down. */
#pragma once

#include "agent/posture/arena.h"
#include "agent/posture/findings.h"
#include "agent/posture/marks.h"

struct advice;

struct findings {
	struct patch *rows;
	size_t n, room;
	struct arena texts;
	struct marks marks;
};

enum sort { MENDED, NOT_OFFERED, NO_FIX, SORTS };

/* What advisories of one sort come to. */
struct sum {
	struct patch patch;
	char ids[PATCH_IDS_MAX * FEED_WORD_MAX];
	char fixed[FEED_WORD_MAX]; /* the newest */
	size_t n;
	struct advisories advisories;
};

struct making {
	const struct feed *feed;
	const struct advice *advice; /* of the package's repositories */
	struct feed_about about;
	struct findings *findings;
	struct sum sums[SORTS];
	bool clean; /* so are the sums, as they are for most packages */
	bool fine;  /* nothing is known of the source below */
	size_t source_len, version_len;
	char source[2 * FEED_WORD_MAX]; /* name and version of the package before */
};

/*
 * All advisories that affect a package, as they are when it is brought to an offer; NULL: what is
 * said to be fixed can be had.
 */
void making_sum(struct making *m, const struct package *package, const struct offer *o);

/* Puts a sum down as what that package lacks.  -ENOMEM. */
int making_add(struct making *m, const struct package *package, struct sum *sum);

/* The same of a fix that was told of and is not offered. */
int making_add_told(struct making *m, const struct package *package, struct sum *sum,
		    enum patch_state state, const char *why);

/* What nobody can mend, if there is any. */
int making_add_no_fix(struct making *m, const struct package *package);

/* "pinned by FILE:LINE"; NULL without memory. */
const char *making_say_pin(struct making *m, const struct pin *by);
