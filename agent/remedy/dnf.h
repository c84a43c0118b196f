/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How dnf, 4 or 5, and rpm are called on hosts that they keep (dnf(8), dnf.conf(5), rpm(8)). */
#pragma once

#include "agent/remedy/packager.h"

#define DNF "/usr/bin/dnf"
#define RPM "/usr/bin/rpm"

#define DNF_QUERY_LIMIT	  120 /* seconds */
#define DNF_INSTALL_LIMIT 900

/*
 * Asks nothing, waits for no mirror for ever and removes nothing.  dnf 5 has the old names of
 * options, too, but no longer all of them: --best.
 */
#define DNF_OPTIONS                                                               \
	"-y", "--setopt=assumeno=0", "--setopt=timeout=20", "--setopt=retries=2", \
		"--setopt=clean_requirements_on_remove=0"

/* One repository that is away keeps nothing of the others from being installed. */
#define DNF_PAST_AWAY "--setopt=*.skip_if_unavailable=1"

/*
 * Steps.  Rebuilds rpm's database where it cannot be read, of which a copy stays; completes
 * updates that were cut off.
 */
int dnf_mend_database(struct report *report, struct fault *fault);
int dnf_finish(struct report *report, struct fault *fault);
