/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"

/*
 * Has the manager thaw a service (org.freedesktop.systemd1(5), ThawUnit()), which may
 * not know that it is frozen.  Over the manager's own socket: systemctl(1) would ask by the bus,
 * which may be frozen, too.  0 or -errno and the fault, after 5 s when it does not thaw.
 */
int thaw(const char *unit, struct fault *fault);

/*
 * The same for a slice, whose cgroup.freeze is this file below root: systemd 257 declines when
 * anything in it could not be frozen by itself, a socket for instance.  Then the file is written to.
 */
int thaw_slice(const char *slice, int root, const char *file, struct fault *fault);
