/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps the host on while packages are written: logind's inhibitor lock
 * (org.freedesktop.login1(5), Inhibit) against shutdown and sleep.
 */
#pragma once

#include "agent/remedy/step.h"

/*
 * A descriptor; closing it, or the end of the process, gives the lock back.  -1, and a line that
 * says why, where there is no logind: the work goes on without.
 */
int inhibit(struct report *report);
