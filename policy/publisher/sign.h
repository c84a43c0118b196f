/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/publisher/release.h"

#define SIGN_POLICY "policy.json" /* the target that hosts obey */

struct sign_item {
	const char *name, *text;
	size_t len;
};

/*
 * Puts targets under their names into the draft of a role ("targets" or a delegated one), in
 * place of those of the same names; the others stay.  release_run() comes after.  0 or -errno.
 */
int sign_targets(struct workshop *w, const char *role, const struct sign_item *items, size_t n,
		 const struct options *o, struct fault *fault);

/* Takes one out again.  -ENOENT when it is not listed. */
int sign_remove(struct workshop *w, const char *role, const char *name, const struct options *o,
		struct fault *fault);

/*
 * How a subcommand ends that changed a folder: what waits is listed, a fault told as "WHAT: why",
 * and the folder closed.  The exit status.
 */
int sign_finish(const char *what, int err, struct workshop *w, struct fault *fault);
