/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host lacks, by all the sources that it has: its package manager's lists (apt's, or the
 * metadata of dnf or zypper), the administrator's preferences and the feed.  Looks and remedies ask
 * here, so that what the one reports is what the other installs.
 */
#pragma once

#include "agent/posture/findings.h"

struct sources_ask {
	int root;		 /* the host's */
	const struct feed *feed; /* NULL: there is none; one of another release is not used */
	int64_t now;
	uint64_t max_age; /* seconds; older lists are no evidence; UINT64_MAX: any are */
	bool all;	  /* updates count that no advisory asks for */
};

/*
 * Finds what is missing of all that is installed.  0 when *ret is all there is to know.  Else
 * the fault says why there may be more than what *ret says; *ret is set all the same (but with
 * -ENOMEM):
 *   -ENOSYS   the feed is of another release; or there is none, and nothing else says what is a fix
 * or the errors of apt_read() and dnf_read().  *seen: the lists that were read, if there are any.
 */
int sources_find(const struct sources_ask *ask, struct inventory *inv, struct seen *seen,
		 struct findings **ret, struct fault *fault);
