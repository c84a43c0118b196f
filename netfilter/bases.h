/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the quarantine holds packets: its chains that are hooked into the kernel's way. */
#pragma once

#include <stdint.h>

/*
 * First on the way in and out, so that nothing sees a packet before we do; and last on the way
 * out, for what others redirect, rewrite or wrap in between.  The policy never changes while
 * the quarantine stands: only a constant drop leaks nothing while rules are replaced.
 */
struct base {
	const char *name;
	uint32_t hook;
	int32_t priority;
};

#define BASES 4

extern const struct base bases[BASES];
