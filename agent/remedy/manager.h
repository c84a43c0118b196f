/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What systemctl(1) is asked to do with a provider's units. */
#pragma once

#include "agent/remedy/step.h"
#include "policy/document.h"

/* Which of its units: of what the requirement demands, and what else there is. */
enum {
	SERVICES = 1, /* of the daemon */
	SOCKETS = 2,  /* of the daemon, and timers */
	UPDATERS = 4, /* the demanded */
	WATCHERS = 8, /* the demanded scanners of opened files */
	OTHERS = UPDATERS | WATCHERS,
	DEMANDED = SERVICES | SOCKETS | OTHERS,
	SPARE = 16, /* updaters that are installed and not demanded */
};

/* Which of them a unit is; 0: none, it is not demanded. */
unsigned manager_kind(const struct requirement *q, const struct provider_unit *u);

/*
 * One call with all of these units behind the words; no call without any.  report NULL: what it
 * says is nobody's business.  0, or what step_exec() gives.
 */
int manager_does(const struct requirement *q, unsigned which, const char *const *words,
		 struct report *report, struct fault *fault);
/*
 * `start` or `restart`.  What was simply stopped is there again after one call; one that began too
 * often, or failed, may again after `reset-failed`.
 */
int manager_begins(const struct requirement *q, unsigned which, const char *word,
		   struct report *report, struct fault *fault);
int manager_restart(const struct requirement *q, struct report *report, struct fault *fault);
int manager_reload(struct report *report, struct fault *fault);
