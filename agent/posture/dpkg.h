/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is dpkg's alone; its reader is declared in inventory.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/posture/inventory.h"

#define DPKG_ARCH "var/lib/dpkg/arch" /* one a line; dpkg(1), --add-architecture */

/* A Source field (deb-control(5)): its name, and its version when it says one. */
void dpkg_cut_source(struct word field, struct word *name, struct word *version);

/*
 * Calls each() for every package of a status file that is there, `half` when dpkg has not completed
 * it (then it may lack a version); its texts are gone after the call.  Goes on while that returns
 * 0. Errors as those of inventory.h, or what each() returned.
 */
int dpkg_walk(int fd, int (*each)(void *ctx, const struct package *p, bool half), void *ctx,
	      struct fault *fault);

/* A status file alone, wherever it lies. */
int dpkg_read_status(int fd, struct inventory **ret, struct fault *fault);
