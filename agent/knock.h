/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The probe for captive portals: asks for the policy's page at each of its addresses, one after the
 * other, until somebody answers, and says what that means to portal.h.
 */
#pragma once

#include "agent/helper.h"
#include "agent/portal.h"

struct sd_event;
struct sd_event_source;

struct knock {
	/* Set by the caller, once. */
	struct sd_event *loop;
	const struct helpers *helpers;
	/* PORTAL_EXPECTED, _REDIRECT, _IN_PLACE, _STRANGE or _FAILED.  It may knock again. */
	void (*told)(void *ctx, enum portal_event event, const struct portal_news *news);
	void *ctx;

	const struct portal_rule *rule;
	size_t next;			/* the address to be asked next */
	char why[PORTAL_WHY];		/* of the first that failed */
	struct sd_event_source *answer; /* under way */
};

/* By that rule, which has to live until it is told or ended; what was under way is ended. */
void knock(struct knock *k, const struct portal_rule *rule);

/* Nothing is told any more. */
void knock_end(struct knock *k);
