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

/* From io_now() and io_boot_ms() of one moment. */
struct clock clock_start(int64_t now, uint64_t boot_ms);

/* By how many seconds it was set since the last leap; 0: by less than CLOCK_LEAP. */
int64_t clock_leap(struct clock *c, int64_t now, uint64_t boot_ms);
