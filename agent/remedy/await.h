/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a provider's daemon does its work yet. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/remedy/step.h"
#include "policy/document.h"

/*
 * Waits until it answers, and lets lazaretd ask, too (answer.h): 0; -ESRCH: it does not run;
 * -ENOENT, -EUCLEAN: as startable(), it was taken away or switched off meanwhile; -ETIMEDOUT: it
 * runs and hangs; -EINPROGRESS: it still loads, and whoever starts it anew has it begin again.  The
 * fault says so.
 */
int await_work(const struct requirement *q, struct report *report, struct fault *fault);

/* -EINPROGRESS and the fault when it is just loading; else 0, at once when it answers. */
int await_quiet(const struct requirement *q, struct fault *fault);

/*
 * One that reads its signatures uses the processor all the while; one that hangs does not, and one
 * that spins for ever has used more than any needs to load.
 */
struct loading {
	int64_t used_us; /* when it was last asked; 0 before */
	uint64_t moved_ms;
};
/* Told what its cgroup has used by then, -1 when there is none: does it load? */
bool loading_goes_on(struct loading *l, int64_t used_us, uint64_t now_ms);
