/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/*
 * Notices that somebody has set the host's clock.  CLOCK_BOOTTIME cannot be set, so
 * how far CLOCK_REALTIME has moved against it is how far it was set.  Small steps add up.
 */
struct clock {
	int64_t offset; /* of the wall clock to the time since boot, in seconds */
};

#define CLOCK_LEAP 30 /* seconds; less is time-keeping */

/* The clock leapt, and what was remembered goes along: what is of `from` or later. */
struct leap {
	int64_t by, from; /* seconds; seconds since 1970 */
};

static inline struct leap leap_of_all(int64_t by)
{
	return (struct leap){ by, INT64_MIN };
}

/* A moment; 0 is none. */
static inline void leap_along(int64_t *at, struct leap leap)
{
	if (*at && *at >= leap.from)
		*at += leap.by;
}

/* From io_now() and io_boot_ms() of one moment. */
struct clock clock_start(int64_t now, uint64_t boot_ms);

/* By how many seconds it was set since the last leap; 0: by less than CLOCK_LEAP. */
int64_t clock_leap(struct clock *c, int64_t now, uint64_t boot_ms);
