/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time that cannot be any more: what the host's clock said at earlier refreshes, kept in
 * the store, so that a clock that is set back does not revive what has expired.
 *
 * A clock that was absurdly ahead for a while must not poison it.  So the floor follows the
 * clock only up to the earliest expiry of the metadata accepted last: a moment that its
 * signers have named.  The worst a wrong clock can do is to end that metadata early; the
 * next timestamp the publisher signs lies behind the floor and is taken.
 */
#pragma once

#include <stdint.h>

#include "agent/base/err.h"

#define FLOOR_FILE "floor" /* in the store: seconds since 1970, one line */
#define FLOOR_STEP 3600	   /* it is written when it moved by so much, or to the bound */

/* Where the floor moves to: towards the clock, never above the bound, never down. */
int64_t floor_move(int64_t floor, int64_t clock, int64_t bound);

/* Of a store; 0 when there is none, or none that reads. */
int64_t floor_read(int store);

/*
 * Moves the floor, durably when that counts.  *now is what to hold for the time: the clock,
 * or the floor when that is later.  -errno with the fault when it cannot be written.
 */
int floor_raise(int store, int64_t clock, int64_t bound, int64_t *now, struct fault *fault);
