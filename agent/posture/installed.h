/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Of a fix that is installed and does not run yet: how bad is what it mends, and since when could
 * it have run?
 */
#pragma once

#include "agent/posture/findings.h"

#define INSTALLED_IDS (PATCH_IDS_MAX * FEED_WORD_MAX)

/*
 * Fills in severity, ids and the time of installation of a row for package `p`.  `runs` is the
 * version that runs; with none only advisories count whose fix is the installed version itself, as
 * older ones may run already.  What is not known stays as it is: without a feed the severity,
 * without dpkg's file lists the time.  ids[] holds the row's text and must live until it is added.
 */
void installed_rate(int root, const struct feed *feed, const struct package *p, struct word runs,
		    char ids[INSTALLED_IDS], struct patch *row);
