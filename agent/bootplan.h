/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a host is restarted for what is installed and does not run yet.  Pure but for the time zone:
 * no clock, no I/O.
 */
#pragma once

#include "policy/reboot.h"

#define REBOOT_SPACING	(6 * 3600) /* seconds; sooner after a restart nothing restarts a host */
#define REBOOT_PATIENCE 60	   /* seconds until it is looked again whether they are gone */

struct reboot_terms {
	const struct reboot_rule *rule;
	size_t waiting;	  /* findings that only a restart completes */
	size_t open;	  /* those of them for which none was begun before */
	size_t stuck;	  /* those for which it could not be, too often */
	int64_t until;	  /* when the first of these is due; INT64_MAX: never */
	bool enforce;	  /* the policy does more than to tell */
	bool sure;	  /* the findings are of a look that was whole */
	bool busy;	  /* a remedy is at work */
	bool users;	  /* somebody is logged in */
	int64_t released; /* until when somebody has let the host out; 0: nobody has */
	int64_t last;	  /* when the last restart was begun; 0: never */
	int64_t retry;	  /* not before, after one that could not be; 0: at once */
	int64_t now;
};

enum reboot_stage {
	REBOOT_NONE,  /* nothing waits for one */
	REBOOT_ASKED, /* the users are asked */
	REBOOT_NOW,   /* it is to be begun, with what notice the rule has */
	REBOOT_VAIN,  /* one was begun for everything that waits: never again for that */
	REBOOT_STUCK, /* the same, but the host did not go down, too often */
};

struct reboot_plan {
	enum reboot_stage stage;
	bool forced; /* not for a window */
	int64_t at;  /* when it is, or will be, begun; INT64_MAX: never by itself */
};

/* To be made anew at its `at`, and when the terms change. */
struct reboot_plan reboot_plan(const struct reboot_terms *t);

/*
 * Is one that was announced by an earlier plan still to come?  Not when this one has it later or
 * never, whatever changed; what only keeps it from being begun ends no announcement.
 */
bool reboot_plan_stands(const struct reboot_plan *p, const struct reboot_terms *t);
