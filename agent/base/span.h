/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SPAN_MAX (10ull * 365 * 86400) /* ten years: longer is a mistake */

/*
 * A span of time as people write it: numbers with the units s, min (or m), h, d,
 * w, added up ("36h", "1d 12h"); a bare number is seconds (systemd.time(7)).
 * Whole units only.  -EINVAL, or -ERANGE above SPAN_MAX.
 */
int span_parse(const char *text, uint64_t *seconds);

/* The two largest units, for people: "3 d 4 h", "12 min", "0 s". */
#define SPAN_TEXT 32
const char *span_text(uint64_t seconds, char out[SPAN_TEXT]);
