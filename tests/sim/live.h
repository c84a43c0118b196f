/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * What this process has allocated and not freed, its libraries' among it.  What the C library keeps
 * of freed memory for the next call does not count, which mallinfo2(3) counts.
 */
struct live {
	size_t pieces;
	size_t bytes; /* one of 64 KiB or more counts in steps of so much */
};

struct live live_now(void);
