/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machine of the host: from verdicts, clock and history to one state and what is to be
 * done for it.  Pure: no clock, no I/O; the same situation decides the same.
 */
#pragma once

#include "agent/judge.h"

/*
 * A host that is quarantined for the third time within an hour has to be well for a minute
 * before it is let out, for two the next time, and so on, eight at most: something is at odds with
 * the repairs, and a network that comes and goes helps nobody.  Nothing delays a quarantine.
 */
#define RELAPSES      6
#define RELAPSE_SPAN  3600
#define RELAPSES_FREE 2
#define DWELL_MIN     60
#define DWELL_MAX     480

struct history {
	enum state state;
	int64_t since;		       /* of this state */
	int64_t quarantined[RELAPSES]; /* when the last quarantines began, newest first; 0: never */
	int64_t met; /* since when nothing demands quarantine; 0: something does */
};

struct situation {
	const struct policy *policy;	/* in force; NULL: none was ever accepted */
	const struct verdict *verdicts; /* one a requirement */
	size_t n;
	bool here;	  /* they are of the network where the host is, and it stays awake */
	enum age age;	  /* the policy's */
	int64_t released; /* until when somebody has let the host out; 0: nobody has */
	int64_t now;
};

struct decision {
	enum state state;
	bool hold;     /* the quarantine belongs into the kernel */
	bool mend;     /* remedies may be tried */
	int64_t until; /* when to decide anew though nothing has changed; INT64_MAX: never */
};

/* Brings history's `met` up to date; what else is in there changes with history_move(). */
struct decision decide(const struct situation *s, struct history *h);

/*
 * The same before anything was looked at since the start; verdicts are not read.  What is laid, or
 * was decided to be, stays: it may be gone from the kernel.  A host that was well is not cut off
 * because its daemon starts again.
 */
struct decision decide_start(const struct situation *s, const struct history *h, bool laid);

/* The decision is in force from now on. */
void history_move(struct history *h, enum state state, int64_t now);
