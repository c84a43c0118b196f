/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Is somebody writing what a look reads right now? */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define AT_WORK_FRESH 600 /* seconds */

/*
 * dpkg, or what drives it: its locks say so; to whom they are not readable, that the database
 * changed within AT_WORK_FRESH.
 */
bool dpkg_is_at_work(int root, int64_t now);

/* The same of apt and its package lists. */
bool apt_is_at_work(int root, int64_t now);
