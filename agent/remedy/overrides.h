/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"
#include "policy/provider.h"

/*
 * Sets aside what lies over a packaged unit (systemd.unit(5), UNIT FILE LOAD PATH): unit files that
 * outrank the package's, and drop-ins of the unit's own name; of its name's prefixes and
 * its type, those that decide over it.  They get ".set-aside" added to their names, or
 * ".set-aside.2" and on when that is there, which systemd passes over, and are reported.  Drop-ins
 * that its package makes stay, unless they decide over it; so do masks, which are unmask's
 * business.  How many there were, or -errno.
 */
int overrides_set_aside(const struct provider_unit *of, struct report *report, struct fault *fault);

/*
 * Takes chattr(1)'s locks from the folders that the unit's files and links are in, where somebody
 * else than packages has them, and lets everybody see into them, as packages make them.
 */
void overrides_unlock(const struct provider_unit *of);
