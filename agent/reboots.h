/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For which findings the host was restarted, so that it never is twice for the same.  A plain
 * value; zeroed it is empty.  Kept in the ledger: an entry for each finding, before the restart.
 */
#pragma once

#include "agent/clock.h"
#include "agent/ledger.h"

/* More than a look can find; of more the oldest go. */
#define REBOOTS_KEPT   192
#define REBOOTS_FORGET 86400 /* seconds */
#define REBOOTS_TRIES  3     /* so often one that fails is tried, and then never again */

struct reboots {
	size_t n;
	struct {
		uint64_t id;
		int64_t at;	 /* when the last one was begun */
		unsigned failed; /* how many were let go, and came to nothing */
		bool none;	 /* the last one was none: it failed, or was not let go */
	} rows[REBOOTS_KEPT];
	int64_t begun; /* when the one was that is under way; not kept: it ends with lazaretd */
};

/* A restart was begun for that finding. */
void reboots_note(struct reboots *r, uint64_t id, int64_t at);
/* The one begun at that moment was let go and failed: it counts as a try. */
void reboots_failed(struct reboots *r, int64_t at);
/* It was not let go: as if nobody had begun it. */
void reboots_withdraw(struct reboots *r, int64_t at);

/* Is there none to be begun for that finding any more?  There was one, or it failed too often. */
bool reboots_over(const struct reboots *r, uint64_t id);
bool reboots_stuck(const struct reboots *r, uint64_t id); /* it failed too often */
/* When the host was last restarted, as far as is known; 0: never. */
int64_t reboots_last(const struct reboots *r);
/* Before that none is to be tried again after one that failed; 0: none did. */
int64_t reboots_retry(const struct reboots *r);

/* What is not among these and was restarted for a day ago is over: if it comes back it is new. */
void reboots_forget(struct reboots *r, const uint64_t *ids, size_t n, int64_t now);

/* As the ledger has them, and back: entries of kind ENTRY_REBOOT. */
void reboots_recall(struct reboots *r, const struct entry *e);
void reboots_repeat(const struct reboots *r, ledger_each add, void *ctx);
struct entry reboots_begun(uint64_t id, int64_t at, const char *what);
struct entry reboots_none(int64_t at, bool let_go, const char *why);

/* Also of the one that is under way. */
void reboots_leap(struct reboots *r, struct leap leap);
