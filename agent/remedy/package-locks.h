/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The locks of those who write packages: dpkg, apt, rpm, dnf and zypper. */
#pragma once

#include <sys/types.h>

#include "agent/remedy/step.h"

/*
 * Takes those that are locks, below a root, for as long as this process lives, so that nobody
 * begins to write packages on a host that goes down; who has none there is passed over.  The
 * others are files that name who is at work: he must have ended.  0; or -EBUSY with who or which
 * stands against it; or -errno.
 */
int package_locks_take(int root, struct fault *fault);

/* Who holds one of them below a root, or that of apt's lists, and which; 0: nobody. */
pid_t package_locks_holder(int root, const char **path);

/*
 * Waits until nobody of this host does: `dpkg --configure` and `apt-get update` would fail at once.
 * 0, or -ETIMEDOUT with the holder's process id.
 */
int package_locks_await(struct report *report, struct fault *fault);
