/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A question to a helper that says lines and a verdict (agent/remedy/ask.h): one at a time. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/helper.h"
#include "agent/remedy/ask.h"

struct daemon;

struct errand {
	struct remedy_run *run; /* under way, or NULL */
	uint64_t asked;		/* io_boot_ms(); 0: never */
	bool news;		/* it said what was not known before */
	bool round;		/* a round waits for its answer */
};

/*
 * Asks one of the helpers (helper.h); `line` and `done` get the daemon.  0; or -errno and why, and
 * nothing is under way.
 */
int errand_start(struct daemon *d, struct errand *e,
		 int (*helper)(const struct helpers *h, struct fault *fault), remedy_line line,
		 remedy_done done, struct fault *fault);

/* None is under way any more; whoever waited for its answer still does. */
void errand_drop(struct errand *e);

/* Was there news, or does a round wait?  Not any more then. */
bool errand_matters(struct errand *e);
