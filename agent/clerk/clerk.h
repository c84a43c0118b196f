/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lazaret-clerk reads for lazaretd what others wrote down and lazaretd may not read: who undid
 * what was repaired, and when updaters last succeeded.  It has no capability and takes nothing
 * from outside.  The sources it asks; each adds what it finds of any matter.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "agent/clerk/act.h"
#include "agent/clerk/deed.h"

#define CLERK_SPAN 600 /* seconds: older deeds are nobody's concern any more */

struct report;

/* A requirement that somebody may have undone, and what has been told of it. */
struct matter {
	const struct requirement *req;
	struct topic topic;
	unsigned told;
};

struct clerk {
	struct matter matters[POLICY_REQUIREMENTS];
	size_t n;
	int root;    /* "/" */
	int64_t now; /* seconds since 1970 */
	struct report *report;
};

/* Each of them may fail: then it tells nothing. */
void clerk_journal(struct clerk *c);   /* sudo, pkexec, doas, polkitd, systemd */
void clerk_packages(struct clerk *c);  /* the logs of apt and dpkg */
void clerk_processes(struct clerk *c); /* what root's processes do right now */

/* One act of a matter; what is too old, and what is too much, is left out. */
void clerk_tell(struct clerk *c, struct matter *m, const struct act *a);
