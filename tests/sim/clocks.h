/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clocks of the program that links this are the test's: clock_gettime(), timerfd_create() and
 * timerfd_settime() are these, for libraries too, and time passes when a test says so.  All times
 * are nanoseconds.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CLOCKS_SECOND 1000000000ull

/* CLOCK_BOOTTIME. */
uint64_t clocks_now(void);

/* How long until the next timer of any clock is due; 0: one is; UINT64_MAX: there is none. */
uint64_t clocks_next(void);

/* Makes what is due readable; true when something was. */
bool clocks_fire(void);

/* Time passes, with the host awake or in suspend; or somebody sets the wall clock, by so much. */
void clocks_pass(uint64_t ns);
void clocks_sleep(uint64_t ns);
void clocks_set(int64_t by);
