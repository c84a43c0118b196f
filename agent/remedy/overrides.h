/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/asides.h"
#include "agent/remedy/step.h"
#include "policy/provider.h"

/*
 * Sets aside (folder_set_aside()) what lies over a packaged unit (systemd.unit(5), UNIT FILE LOAD
 * PATH): unit files that outrank the package's, and drop-ins that decide over it, or that nobody
 * can read.  What an administrator's drop-in says besides, such as a proxy, is his business; with
 * `all` (NULL: without), for a daemon that does not come up with them, those of the unit's own name
 * go as well. Drop-ins that its package makes stay, unless they decide over it.  Masks go as well,
 * which systemctl(1) takes only from two of those folders, and what hides a link that enables it
 * (see unit_link_counts()).  What a generator makes anew cannot go: -EPERM, and the fault says so.
 * How many there were, or -errno; `all` has them, also then.
 */
int overrides_set_aside(const struct provider_unit *of, struct asides *all, struct report *report,
			struct fault *fault);

/*
 * Takes chattr(1)'s locks from the folders that the unit's files and links are in, where somebody
 * else than packages has them, and lets everybody see into them, as packages make them.
 */
void overrides_unlock(const struct provider_unit *of);
