/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lazaretd holds of memory while it sleeps: little.  Reading a policy or the packages of a
 * host touches a few MiB of heap and of code that is not needed again for hours.
 */
#pragma once

#include <stdint.h>

struct sd_event;

struct shed {	     /* when memory was given back the last time */
	long faults; /* of this process */
	uint64_t at; /* io_boot_ms() */
};

/*
 * From now on, after whatever the loop does, memory is given back if enough of it was touched, once
 * a second at most: free heap, and code (ours and the libraries'), whose pages the kernel maps
 * again when they run.
 * Wakes nobody.  `s` has to live as long as the loop.  0 or -errno.
 */
int shed_start(struct sd_event *loop, struct shed *s);

/* At once, whatever was touched. */
void shed_now(void);
