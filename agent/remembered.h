/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What holds now, as the ledger's entries make it one after the other, and as entries say it again.
 * For memory.c, which has the ledger.
 */
#pragma once

#include "agent/memory.h"

struct remembered {
	int64_t told; /* when the last entry before the start was written; 0: there is none */
	struct history history;
	struct leave leave;
	struct reboots reboots;
	struct portal_past portals;
	size_t n;
	struct remembered_row {
		char id[POLICY_ID_MAX];
		struct past past;
		struct undone undone;
		int64_t lacking; /* since when it has deadlines of patches; 0: it has none */
		struct ladder ladder;
	} rows[POLICY_REQUIREMENTS];
};

/* The requirement's row; NULL: there is none, or, of remembered_row(), no room for a new one. */
const struct remembered_row *remembered_find(const struct remembered *m, const char *id);
struct remembered_row *remembered_row(struct remembered *m, const char *id);

void remembered_undo(struct remembered_row *row, int64_t at, const char *by);

void remembered_leap(struct remembered *m, struct leap leap);
/* The clock was set back by so many seconds while nobody looked: the same for all but releases. */
void remembered_go_back(struct remembered *m, int64_t seconds);

/* An entry's part in what holds now, of a struct remembered; later entries win. */
void remembered_recall(void *remembered, const struct entry *e);

/* The row's ladder as an entry. */
struct entry remembered_ladder(const struct remembered_row *row);

/* What holds, once more at the end of the ledger, so that its beginning can go. */
void remembered_repeat(const struct remembered *m, ledger_each put, void *ctx);
