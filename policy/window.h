/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Windows of maintenance in the host's local time: "02:00-04:00", "Mon-Fri,Sun 22:00-01:30". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct window {
	uint8_t days;	   /* on which it opens; bits, 0 is Sunday */
	uint16_t from, to; /* minutes of the day; when `to` is not later it ends on the next day */
};

/* 0, or -EINVAL for a text that is no window. */
int window_parse(const char *text, struct window *ret);

/*
 * The window that is open, or else the next one to open: true, and *from <= now < *to or
 * now < *from < *to, seconds since 1970.  False when none opens within eight days, as n is 0.  By
 * the time zone of the moment (tzset(3)); an hour that a day does not have opens nothing.
 */
bool window_next(const struct window *list, size_t n, int64_t now, int64_t *from, int64_t *to);
