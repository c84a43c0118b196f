/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lazaretd holds of memory while it sleeps: little.  Reading a policy or the packages of a
 * host touches a few MiB of heap and of code that is not needed again for hours.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct sd_event;

/* Whoever is in the middle of something would only map again at once what was given back. */
typedef bool (*shed_busy)(const void *ctx);

struct shed {	     /* when memory was given back the last time; start from zeros */
	long faults; /* of this process */
	uint64_t at; /* io_boot_ms() */
	shed_busy busy;
	const void *ctx;
};

/* Before anything else: large pieces of heap are pages of their own, which go when they are freed.
 */
void shed_begin(void);

/*
 * sd_event_loop(), but before it sleeps memory is given back if enough of it was touched, once a
 * second at most and not while busy(ctx): free heap, stack, and code (ours and the libraries'),
 * whose pages the kernel maps again when they run.  Wakes nobody, but once after a burst of events.
 */
int shed_loop(struct sd_event *loop, shed_busy busy, const void *ctx);

/* One turn of it, as sd_event_run(): it may sleep. */
int shed_turn(struct sd_event *loop, struct shed *s);

/* At once, whatever was touched. */
void shed_now(void);
