/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Module streams (dnf.modularity(7)): of several streams of one piece of software at most one is
 * active.  What only others have is not offered to the host, and neither is a package of no
 * stream whose name an active one has.
 */
#pragma once

#include <stdbool.h>

#include "agent/base/err.h"
#include "agent/posture/inventory.h"
#include "agent/posture/unpack.h"

#define MODULES_STATE "etc/dnf/modules.d"

struct modules;

/*
 * With what the administrator enabled and disabled on a root.  When that cannot all be read,
 * -E2BIG, -EINVAL or the -errno, and the fault; only with -ENOMEM *ret is not set.
 */
int modules_new(int root, struct modules **ret, struct fault *fault);
struct modules *modules_free(struct modules *m); /* always NULL */

/*
 * Adds what a repository's modules.yaml says of the packages that are installed (of that name).
 * -E2BIG, or the errors of modulemd_read().
 */
int modules_read(struct modules *m, const struct inventory *inv, struct unpack *in,
		 struct fault *fault);

/* Once all are read, before the calls below.  -ENOMEM. */
int modules_settle(struct modules *m);

/* Does the host get its packages from that stream?  One that nobody knows is not active. */
bool modules_is_active(const struct modules *m, struct word module, struct word stream);

/* Is a version only of streams that are not active? */
bool modules_is_others(const struct modules *m, struct word name, struct word evr,
		       struct word arch);

/*
 * The same, or of none while an active stream has one of that name: is a version of an installed
 * package not for this host?
 */
bool modules_hide(const struct modules *m, struct word name, struct word evr, struct word arch);
