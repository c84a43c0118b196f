/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How dnf, 4 or 5, and rpm are called on hosts that they keep (dnf(8), dnf.conf(5), rpm(8)). */
#pragma once

#include "agent/remedy/packager.h"

/*
 * Macros of our own, beside root's: rpm's plugin unshare gives scripts a network and folders of
 * their own, which our unit lets nobody make, and the scripts then fail.
 */
#define DNF_HOME "/tmp/lazaret-rpm" /* the unit's own /tmp */
#define DNF_AS	 "/usr/bin/env", "HOME=" DNF_HOME
#define DNF	 DNF_AS, "/usr/bin/dnf"
#define RPM	 DNF_AS, "/usr/bin/rpm"

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
 * Steps.  Writes DNF_HOME; rebuilds rpm's database where it is damaged, of which a copy stays;
 * completes updates that were cut off.
 */
int dnf_write_macros(struct report *report, struct fault *fault);
int dnf_mend_database(struct report *report, struct fault *fault);
int dnf_finish(struct report *report, struct fault *fault);
