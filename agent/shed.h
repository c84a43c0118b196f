/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lazaretd holds of memory while it sleeps: little.  Reading a policy or the packages of a
 * host touches a few MiB of heap and of code that is not needed again for hours.
 */
#pragma once

struct sd_event;

struct shed {
	long faults; /* of this process, when memory was given back the last time */
};

/*
 * From now on, after whatever the loop does, memory is given back if enough of it was touched: free
 * heap, and code (ours and the libraries'), whose pages the kernel maps again when they run.
 * Wakes nobody.  `s` has to live as long as the loop.  0 or -errno.
 */
int shed_start(struct sd_event *loop, struct shed *s);

/* At once, whatever was touched. */
void shed_now(void);
