/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From findings to one state for the host.  Pure: no clock, no I/O.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "agent/posture/posture.h"
#include "policy/store.h"

enum state {
	STATE_UNMANAGED, /* no policy was ever accepted: nothing is demanded */
	STATE_HELD,	 /* not judged yet */
	STATE_COMPLIANT,
	STATE_GRACE, /* failing, every deadline still ahead */
	STATE_QUARANTINED,
	STATE_RELEASED, /* would be quarantined; somebody who may has let it out for a time */
	STATE_COUNT,
};
extern const char *const state_names[STATE_COUNT];

enum standing {
	STANDING_MET,
	STANDING_GRACE,	   /* not met, and `until` is ahead */
	STANDING_UNJUDGED, /* not looked at yet */
	STANDING_BREACHED,
	STANDING_COUNT,
};
extern const char *const standing_names[STANDING_COUNT];

struct verdict {
	enum standing standing;
	int64_t since; /* when it was first seen not to be met; 0 while it is met */
	int64_t until; /* since plus grace: the deadline */
};

/* What is remembered of one requirement. */
struct past {
	int64_t since; /* when it was first seen not to be met; 0: it is met */
	int64_t met;   /* since when it is met again; 0: it is not, or that is long ago */
};

/*
 * One requirement; the past is changed in place.  Only a pass meets a requirement: unknown counts
 * as failing, its grace included.  A pass is believed at once, but what fails again within a
 * quarter of its grace (ten minutes at most) has the grace that was left, not a new one.
 */
struct verdict judge(const struct requirement *req, enum grade grade, struct past *past,
		     int64_t now);

/*
 * The same when something is due besides, since one moment and until another: the worse of the two,
 * and whatever comes first.
 */
struct verdict judge_due(struct verdict v, int64_t since, int64_t until, int64_t now);

enum age {
	AGE_FRESH,
	AGE_EXPIRING, /* the last quarter of its life here, three days at most */
	AGE_EXPIRED,
	AGE_STALE, /* expired for so long that the policy itself demands quarantine */
	AGE_COUNT,
};
extern const char *const age_names[AGE_COUNT];

/* How old the policy in force is.  now is not before the store's floor. */
enum age judge_age(const struct policy *p, const struct accepted *a, int64_t now);

/* When it will be AGE_STALE; INT64_MAX: never. */
int64_t judge_stale_at(const struct policy *p, const struct accepted *a);

/*
 * The host's state is its worst requirement's; a policy without requirements is met.  One that is
 * breached decides, whatever was not looked at yet.
 */
enum state judge_host(const struct verdict *verdicts, size_t n);
