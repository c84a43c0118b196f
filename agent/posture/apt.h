/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What apt has heard of from the security suites, from its package lists. */
#pragma once

#include <stdint.h>

#include "agent/base/err.h"
#include "agent/posture/dpkg.h"

#define OS_RELEASE "etc/os-release"
#define APT_LISTS  "var/lib/apt/lists"
/* Touched by apt's Post-Invoke-Success, which runs when every list was fetched or is unchanged. */
#define APT_STAMP "var/lib/apt/periodic/update-success-stamp"

struct apt_seen {
	char suites[96]; /* "bookworm-security", several with commas */
	int64_t updated; /* when the one that is furthest behind was known to be current */
	size_t n_suites;
};

/*
 * Tells dpkg_offer() of all that the security suites have.  A suite is one when its
 * label is Debian-Security or its name ends in -security, and of this host when it is for the
 * release that OS_RELEASE names; others are passed over.  0 and *ret when that is all there
 * is to know.  Else the fault says why not, and what was offered is still true, but
 * there may be more:
 *   -ENOENT      no security suite of this release, or one without lists, or no OS_RELEASE
 *   -ENODATA     OS_RELEASE names no release
 *   -ESTALE      Valid-Until has passed, or neither Date nor APT_STAMP is within max_age seconds
 *   -ETIME       Date lies more than a day ahead of `now`
 *   -EOPNOTSUPP  a list is there in compressed form only
 *   -EBADMSG     malformed, cut, or of another size than its Release file says
 * or the -errno of reading.
 */
int apt_offer(int root, int64_t now, uint64_t max_age, struct packages *p, struct apt_seen *ret,
	      struct fault *fault);
