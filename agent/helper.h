/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "agent/base/err.h"
#include "agent/config.h"

/*
 * Reaches another program of ours: by its socket in the runtime folder, behind which
 * systemd starts it in a sandbox of its own; or, with `spawn`, as a child of this process
 * (descriptors 0 and 1 are then the other end).  Packets or a stream, as the program
 * speaks.  Returns the connected descriptor, close-on-exec, or -errno.
 */
struct helpers {
	const struct config *config;
	bool spawn;
};

int helper_fetch(const struct helpers *h, struct fault *fault);
int helper_vet(const struct helpers *h, struct fault *fault);
int helper_witness(const struct helpers *h, struct fault *fault);
int helper_legacy(const struct helpers *h, struct fault *fault);
int helper_health(const struct helpers *h, struct fault *fault);
int helper_clerk(const struct helpers *h, struct fault *fault);
/* -EOPNOTSUPP with `spawn`: what it writes is the service's. */
int helper_keep(const struct helpers *h, struct fault *fault);
/* It waits for remedy_go(). */
int helper_remedy(const struct helpers *h, const char *remedy, struct fault *fault);
