/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The locks of those who write packages: dpkg, apt, rpm, dnf and zypper. */
#pragma once

#include "agent/base/err.h"

/*
 * Takes those that are locks, below a root, for as long as this process lives, so that nobody
 * begins to write packages on a host that goes down; who has none there is passed over.  The
 * others are files that name who is at work: he must have ended.  0; or -EBUSY with who or which
 * stands against it; or -errno.
 */
int package_locks_take(int root, struct fault *fault);
