// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/remedy/apt.h"
#include "agent/remedy/remedy.h"

const struct step steps_patches_install[] = {
	{ .call = apt_await_locks },
	{ .say = "finishing what dpkg left half done", .limit_s = 900, .argv = APT_CONFIGURE },
	{ .say = "fetching the package lists", .limit_s = 300, .argv = APT_UPDATE },
	{ .say = "installing the updates",
	  .limit_s = 3600,
	  .argv = STEP_ARGV("/usr/bin/apt-get", "-q", "-y", APT_OPTIONS, "upgrade") },
	{ 0 },
};
