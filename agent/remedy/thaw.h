/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"

/*
 * Has the manager thaw a service or a slice (org.freedesktop.systemd1(5), ThawUnit()), which may
 * not know that it is frozen.  Over the manager's own socket: systemctl(1) would ask by the bus,
 * which may be frozen, too.  0 or -errno and the fault, after 5 s when it does not thaw.
 */
int thaw(const char *unit, struct fault *fault);
