/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the ledger comes to: what holds now, as its entries make it one after the other, and as
 * entries say it again.
 * For memory.c, which has the ledger.
 */
#pragma once

#include "agent/memory.h"

struct balance {
	int64_t told; /* when the last entry before the start was written; 0: there is none */
	struct history history;
	struct leave leave;
	struct reboots reboots;
	struct portal_past portals;
	size_t n;
	struct balance_row {
		char id[POLICY_ID_MAX];
		struct past past;
		struct undone undone;
		struct repair repairs[REPAIRS_KEPT];
		int64_t lacking; /* since when it has deadlines of patches; 0: it has none */
		struct ladder ladder;
	} rows[POLICY_REQUIREMENTS];
};

/* The requirement's row; NULL: there is none, or, of balance_row(), no room for a new one. */
const struct balance_row *balance_find(const struct balance *m, const char *id);
struct balance_row *balance_row(struct balance *m, const char *id);

void balance_undo(struct balance_row *row, int64_t at, const char *by);
void balance_repaired(struct balance_row *row, const struct entry *e);

void balance_leap(struct balance *m, struct leap leap);
/* The clock was set back by so many seconds while nobody looked: the same for all but releases. */
void balance_go_back(struct balance *m, int64_t seconds);

/* An entry's part in what holds now, of a struct balance; later entries win. */
void balance_recall(void *balance, const struct entry *e);

/* The row's ladder as an entry. */
struct entry balance_ladder(const struct balance_row *row);

/* What holds, once more at the end of the ledger, so that its beginning can go. */
void balance_repeat(const struct balance *m, ledger_each put, void *ctx);
