/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"

/*
 * Sets aside what lies over a packaged unit (systemd.unit(5), UNIT FILE LOAD PATH): unit
 * files and drop-ins in /etc and /run get ".set-aside" added to their names, which systemd
 * passes over, and are reported.  The drop-in named keep, which the package itself makes,
 * stays; so do links, which are unmask's business.  0, or -errno.
 */
int overrides_set_aside(const char *unit, const char *keep, struct report *report,
			struct fault *fault);
