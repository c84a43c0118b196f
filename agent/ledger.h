/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger: every decision about the host, on disk before it takes effect.  One entry a line,
 *
 *	CHECKSUM NUMBER TIME KIND NAME VALUE TEXT
 *
 * only ever appended.  The checksum is the first half of the line's SHA-256 after it, so a
 * line that was cut or changed is known as such.  After a power cut at any moment there are the
 * entries up to some entry, each of them whole.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "policy/document.h"

enum entry_kind {
	ENTRY_STATE,   /* name: the state; value: since when */
	ENTRY_FAILING, /* name: a requirement; value: since when it is not met, 0: it is again */
	ENTRY_LACKING, /* name: a requirement; value: since when it lacks patches with a deadline */
	ENTRY_REPAIR,  /* name: a requirement; value: 0 or -errno; text: the remedy and its words */
	ENTRY_POLICY,  /* name: its mode; value: its version */
	ENTRY_CLOCK,   /* value: seconds by which the clock leapt; name: "" when it was set,
			* CLOCK_BEHIND when that was seen at the start (a release stays as it
			* was), CLOCK_AHEAD when only what is of the moment in the text or later
			* leapt along, CLOCK_STOPPED when lazaretd ended (value: 0) */
	ENTRY_RELEASE, /* name: what happened (leave.h); value: its number */
	ENTRY_LADDER,  /* name: a requirement; text: its ladder, as ladder_put() has it */
	ENTRY_TUG,     /* name: a requirement; value: how often it failed again; text: who did it */
	ENTRY_UNDONE,  /* name: a requirement; value: when it began to fail; text: who did what */
	ENTRY_REBOOT,  /* of the host; name and value: see reboots.c; text: what for, or why not */
	ENTRY_PORTAL,  /* name: opened or sealed; value: when; text: the portal, or why */
	ENTRY_FIREWALL, /* value: 1 when somebody accepted it; text: which is good from now on */
	ENTRY_COUNT,
};
extern const char *const entry_names[ENTRY_COUNT];

#define ENTRY_TEXT    240
#define CLOCK_BEHIND  "behind"
#define CLOCK_AHEAD   "ahead"
#define CLOCK_STOPPED "stopped"

struct entry {
	uint64_t number; /* one more than the entry's before it */
	int64_t at;	 /* seconds since 1970 */
	enum entry_kind kind;
	bool kept; /* repeats what still holds, so that older entries could go */
	char name[POLICY_ID_MAX];
	int64_t value;
	char text[ENTRY_TEXT];
};

typedef void (*ledger_each)(void *ctx, const struct entry *e);

struct ledger;

/*
 * Opens the file `ledger` below a folder and shows each entry in it.  What a power cut left
 * unfinished at its end is taken away, and so is an end that is damaged, of which a copy goes to
 * `ledger.damaged`.  -ENOMEM, or another -errno when there is no such folder, and nothing else; or
 * the fault is set and *ret is usable all the same: -EBADMSG when entries are damaged, which are
 * left out, or what reading the file gave: then it is empty, and ledger_sync() tries again to make
 * it.
 */
int ledger_open(const char *folder, ledger_each each, void *ctx, struct ledger **ret,
		struct fault *fault);
struct ledger *ledger_close(struct ledger *l); /* always NULL; what is not synced is lost */

/* Notes an entry for the next ledger_sync(); number and, when it is 0, at are given by us. */
void ledger_add(struct ledger *l, const struct entry *e);
/*
 * Writes what was noted, durably.  0, or -errno: then it stays noted for the next time, and
 * the file is as it was.
 */
int ledger_sync(struct ledger *l);

/*
 * The file has grown past its bound, or more was noted than could be kept while the disk was
 * full: whoever knows what holds notes it again (kept), and trims.
 */
bool ledger_wants_trim(const struct ledger *l);
/*
 * Syncs, and takes the older half of a file that is too long away, in one step.  0 or what
 * ledger_sync() gives: when the half cannot be taken away, what was noted is kept all the same, and
 * it is tried again when the file has grown by a quarter of its bound.
 */
int ledger_trim(struct ledger *l);

/* Shows all entries on disk, oldest first.  0 or -errno. */
int ledger_read(const struct ledger *l, ledger_each each, void *ctx);
