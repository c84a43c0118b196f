/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order in which remedies are tried for one requirement.  Pure.  Each rung once,
 * in the policy's order; whether it helped is for the next look to say.  At the
 * top, a pause that doubles each round, then from the bottom again.
 */
#pragma once

#include <stdint.h>

#include "policy/document.h"

#define LADDER_PAUSE_MIN 30 /* seconds */
#define LADDER_PAUSE_MAX 3600

struct ladder {
	unsigned rung;	    /* the next one to try */
	unsigned rounds;    /* whole ladders climbed in vain */
	int64_t not_before; /* seconds since 1970; 0: at once */
};

/* The remedy to start now: 1 and *ret; or 0, none now (none at all, or a pause). */
int ladder_next(const struct ladder *l, const struct requirement *req, int64_t now,
		enum remedy *ret);
/* That remedy has ended, however it ended. */
void ladder_climb(struct ladder *l, const struct requirement *req, int64_t now);
/* The requirement is met: the next fault begins at the bottom. */
void ladder_reset(struct ladder *l);
