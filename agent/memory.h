/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must outlive a restart, as the ledger tells it: the host's state and since when each
 * requirement has not been met, so that neither a crash nor a reboot buys new grace.
 */
#pragma once

#include <stdint.h>

#include "agent/decide.h"
#include "agent/ladder.h"
#include "agent/leave.h"
#include "agent/ledger.h"
#include "agent/portal.h"
#include "agent/reboots.h"

struct memory;
struct offered;

/*
 * Errors as ledger_open() has them: *ret is set in spite of each but -ENOMEM and a missing folder;
 * and -EBUSY, when another process has it open: then nothing was touched.
 */
int memory_open(const char *folder, struct memory **ret, struct fault *fault);
struct memory *memory_close(struct memory *m); /* always NULL */

/*
 * The requirement's past, to judge with and to change in place; a new one when there is none.
 * NULL: more are remembered than a policy may have.
 */
struct past *memory_past(struct memory *m, const char *id);

/*
 * Since when the requirement has patches with a deadline, 0: it has none; only told, as what comes
 * of it is in memory_offered(), which is kept and leaps with the rest.
 */
int64_t memory_lacking(const struct memory *m, const char *id);
void memory_lacks(struct memory *m, const char *id, int64_t since, const char *what);
struct offered *memory_offered(struct memory *m); /* the memory's */

/* When the requirement last began to fail, and what was done just then; empty: not known. */
#define UNDONE_TEXT 240
struct undone {
	int64_t at;
	char by[UNDONE_TEXT];
};
const struct undone *memory_undone(const struct memory *m, const char *id); /* never NULL */
void memory_undo(struct memory *m, const char *id, int64_t at, const char *by);

/*
 * The last repairs of the requirement, as far as the ledger has them: REPAIRS_KEPT, the newest
 * first.  memory_repaired() adds one that has ended, and is noted; err as in struct entry.
 */
#define REPAIRS_KEPT 3
struct repair {
	int64_t at;	       /* when it ended; 0: there was none */
	char text[ENTRY_TEXT]; /* "NAME: OUTCOME" */
};
const struct repair *memory_repairs(const struct memory *m, const char *id); /* never NULL */
void memory_repaired(struct memory *m, const char *id, int err, const char *name,
		     const char *outcome);

/* Its ladder, in the same way; memory_climbed() notes that it changed. */
struct ladder *memory_ladder(struct memory *m, const struct requirement *req);
void memory_climbed(struct memory *m, const struct requirement *req);

/* Forgets what is not among these: an id that comes back later begins anew. */
void memory_prune(struct memory *m, const struct requirement *reqs, size_t n);

/* The host's, to decide with and to change in place. */
struct history *memory_history(struct memory *m);

/* The same of releases, and how leave.h tells the ledger. */
struct leave *memory_leave(struct memory *m);
void memory_leave_tell(void *memory, const char *name, int64_t value, const char *text);

/* The same of restarts of the host (reboots.h), of which memory_note() keeps the entries. */
struct reboots *memory_reboots(struct memory *m);
void memory_note(struct memory *m, const struct entry *e);

/* The same of captive portals (portal.h). */
struct portal_past *memory_portals(struct memory *m);

/*
 * The host's clock leapt by so many seconds: what was remembered leaps along; of a clock that was
 * ahead since the start, and is set right, what was noted since.
 */
void memory_leap(struct memory *m, int64_t seconds);

/*
 * Once after the start: a clock that is earlier than the last entry was set back while nobody
 * looked, or lost its battery.  What is remembered goes back with it, so that neither time that was
 * left is lost nor time that is over comes again; a release does not, it has ended (leave.h).  By
 * how many seconds, or 0.
 */
int64_t memory_resume(struct memory *m, int64_t now);
/* Before an orderly end: until when time has passed.  Of a kill the last entry tells. */
void memory_stop(struct memory *m);

/* Notes a change, of what is remembered or only of what is told; fields as in struct entry. */
void memory_tell(struct memory *m, enum entry_kind kind, const char *name, int64_t value,
		 const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* Writes what was told since the last time, durably: before it takes effect.  0 or -errno. */
int memory_keep(struct memory *m);

/* All entries, oldest first. */
int memory_read(const struct memory *m, ledger_each each, void *ctx);
