/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Installs updates: all together when that can be done, else as many as can be. */
#pragma once

#include <stddef.h>

#include "agent/base/err.h"
#include "agent/posture/findings.h"

struct updates_ways {
	/* Installs all of these; 0, or an error and the fault: -ECANCELED when no other attempt can
	 * help. */
	int (*install)(void *ctx, const struct patch *const *rows, size_t n, struct fault *fault);
	/* Moves those that are still to be installed to the front; gives their number. */
	size_t (*pending)(void *ctx, const struct patch **rows, size_t n);
	void *ctx;
};

/*
 * One update that cannot be installed (for a dependency, a hold, a script that fails) must not keep
 * the others away: what is left of a failed attempt is tried in halves, down to single ones.  For k
 * that cannot be installed, of n, that is about 2 k log2(n) attempts.  Reorders the rows.
 * 0 when all are installed and no last attempt failed; else the first that did, and its fault,
 * with the package's name before it when that is what could not be installed.
 */
int updates_install(const struct updates_ways *ways, const struct patch **rows, size_t n,
		    struct fault *fault);
