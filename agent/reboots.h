/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For which findings the host was restarted, so that it never is twice for the same.  A plain
 * value; zeroed it is empty.  Kept in the ledger: an entry for each finding, before the restart.
 */
#pragma once

#include "agent/ledger.h"

/* More than a look can find; of more the oldest go. */
#define REBOOTS_KEPT   192
#define REBOOTS_FORGET 86400 /* seconds */

struct reboots {
	size_t n;
	struct {
		uint64_t id;
		int64_t at;
	} rows[REBOOTS_KEPT];
};

/* A restart is begun for that finding. */
void reboots_note(struct reboots *r, uint64_t id, int64_t at);
/* The one begun at that moment could not be carried out. */
void reboots_failed(struct reboots *r, int64_t at);

/* When one was begun for that finding; 0: never. */
int64_t reboots_at(const struct reboots *r, uint64_t id);
/* When the last one was; 0: never. */
int64_t reboots_last(const struct reboots *r);

/* What is not among these and was restarted for a day ago is over: if it comes back it is new. */
void reboots_forget(struct reboots *r, const uint64_t *ids, size_t n, int64_t now);

/* As the ledger has them, and back: entries of kind ENTRY_REBOOT. */
void reboots_recall(struct reboots *r, const struct entry *e);
void reboots_repeat(const struct reboots *r, ledger_each add, void *ctx);
struct entry reboots_begun(uint64_t id, int64_t at, const char *what);
struct entry reboots_none(int64_t at, const char *why);

/* The host's clock leapt. */
void reboots_leap(struct reboots *r, int64_t seconds);
