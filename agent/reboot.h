/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Restarts of the host: asks its users, and has lazaret-remedy do it when the policy says so
 * (bootplan.h).  Nothing is restarted that is not in the ledger before.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "agent/bootplan.h"

struct daemon;
struct reboot;
struct remedy_run;
struct subject;

#define REBOOT_WAITS 160 /* findings; more than a look has */

/* The daemon's own; others read it by the calls below. */
struct reboot {
	struct reboot_plan plan;
	struct reboot_terms terms;
	uint64_t ids[REBOOT_WAITS]; /* of what waits, terms.waiting of them */
	char why[160];		    /* the first of these, and how many more */
	char outcome[160];	    /* why the last try brought nothing; or empty */
	int64_t since;		    /* when it was first asked for, by this lazaretd */
	uint64_t retry_ms;	    /* not before, of io_boot_ms() */
	struct remedy_run *run;	    /* under way: it gives notice, or waits for us */
	uint64_t begun_ms;	    /* io_boot_ms() when it was, in the ledger; 0: it is not */
	int folder;		    /* where others read of it */
	char told[1024];	    /* what they read */
};

/* 0 or -ENOMEM; without a runtime folder nobody reads of it. */
int reboot_new(struct daemon *d, struct reboot **ret);
struct reboot *reboot_free(struct reboot *r); /* always NULL; r may be NULL */

/* At the end of each round: asks, begins, or calls off what was announced. */
void reboot_round(struct daemon *d);

/* When reboot_round() has something to do; INT64_MAX: never, unless something changes. */
int64_t reboot_due(const struct daemon *d);

/* The host goes down: nothing else is to be started. */
bool reboot_is_begun(const struct daemon *d);

/* For `lazaret status`. */
json_t *reboot_json(const struct daemon *d);

/* Of reboot-terms.c: d->reboot's terms, ids and why anew. */
void reboot_weigh(struct daemon *d);

/* Of reboot-tell.c: for people at a login, and for programs that show notices. */
void reboot_tell(struct reboot *r);
