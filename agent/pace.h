/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often to look for what has no event.  Files, cgroups, rules and the network tell by
 * themselves; that an antivirus was stopped by a signal or hangs, that a socket waits for
 * others where the policy limits which may, and that rules of iptables-legacy changed, nobody
 * tells.
 */
#pragma once

#include <stdint.h>

#include "policy/document.h"

#define PACE_ALL     300 /* seconds, when the policy does not say */
#define PACE_MAINS   15
#define PACE_BATTERY 60

enum power {
	POWER_MAINS,
	POWER_BATTERY,
	POWER_DARK, /* on battery, and every screen that is connected is off */
};

/* By sysfs below the root (Documentation/ABI/testing/sysfs-class-power, .../sysfs-class-drm). */
enum power pace_power(int root);

/*
 * Dark counts once it has been so for long, PACE_DARK_MS; until then it is on battery.  `now` and
 * *since, 0 at first, are milliseconds that the host was awake.
 */
#define PACE_DARK_MS (10 * 60 * 1000)
enum power pace_for_long(enum power power, uint64_t now, uint64_t *since);

struct pace {
	uint64_t all;	 /* seconds between looks at everything */
	uint64_t slow;	 /* the same at `checks` alone; not longer than that */
	unsigned checks; /* a bit each: those that see what has no event */
};
/* `silent`: checks, a bit each, that see what has no event on this host. */
struct pace pace_of(const struct policy *p, unsigned silent, enum power power);
