/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Until when a host may lack a fix.  Pure: no clock, no I/O.
 */
#pragma once

#include "agent/offered.h"
#include "policy/document.h"

/* What findings are brought to. */
struct due_terms {
	const struct requirement *req; /* of check patches, with deadlines */
	const struct offered *offered;
	unsigned risk;
	int64_t now;
};

/* All in seconds since 1970. */
struct due {
	int64_t since; /* the clock's start */
	int64_t until;
	enum severity severity; /* of what comes due first; as it counts */
	uint64_t allowed;	/* seconds */
	bool published;		/* it began with the advisory, not with the offer */
	bool installed;		/* it is, and what runs is older: it began with that */
};

/* What of a patch comes due first; false too when such patches do not fail. */
bool due_patch(const struct due_terms *t, const struct findings *f, const struct patch *p,
	       struct due *ret);

/* What of all comes due first: that patch, or NULL. */
const struct patch *due_first(const struct due_terms *t, const struct findings *f, struct due *ret);

/* Why that long: "critical on a host of risk 5: 24 h since the fix was offered". */
#define DUE_TEXT 120
const char *due_text(const struct due_terms *t, const struct due *due, char ret[DUE_TEXT]);
