// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/balance.h"
#include "agent/base/io.h"

const struct balance_row *balance_find(const struct balance *m, const char *id)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->rows[i].id, id))
			return &m->rows[i];
	return NULL;
}

struct balance_row *balance_row(struct balance *m, const char *id)
{
	struct balance_row *row = m->rows;

	while (row < m->rows + m->n && strcmp(row->id, id))
		row++;
	if (row == m->rows + POLICY_REQUIREMENTS)
		return NULL;
	if (row == m->rows + m->n) {
		m->n++;
		*row = (struct balance_row){ 0 };
		snprintf(row->id, sizeof(row->id), "%s", id);
	}
	return row;
}

static void leap_rest(struct balance *m, struct leap leap)
{
	struct history *h = &m->history;

	for (size_t i = 0; i < m->n; i++) {
		leap_along(&m->rows[i].past.since, leap);
		leap_along(&m->rows[i].past.met, leap);
		leap_along(&m->rows[i].lacking, leap);
		leap_along(&m->rows[i].undone.at, leap);
		for (size_t k = 0; k < REPAIRS_KEPT; k++)
			leap_along(&m->rows[i].repairs[k].at, leap);
		ladder_leap(&m->rows[i].ladder, leap);
	}
	for (size_t i = 0; i < RELAPSES; i++)
		leap_along(&h->quarantined[i], leap);
	leap_along(&h->since, leap);
	leap_along(&h->met, leap);
	reboots_leap(&m->reboots, leap);
	portal_leap(&m->portals, leap);
}

void balance_leap(struct balance *m, struct leap leap)
{
	leap_rest(m, leap);
	leave_leap(&m->leave, leap);
}

void balance_go_back(struct balance *m, int64_t seconds)
{
	leap_rest(m, leap_of_all(-seconds));
}

static void recall_clock(struct balance *m, const struct entry *e)
{
	if (!strcmp(e->name, CLOCK_BEHIND))
		balance_go_back(m, -e->value);
	else if (!strcmp(e->name, CLOCK_AHEAD))
		balance_leap(m, (struct leap){ e->value, strtoll(e->text, NULL, 10) });
	else
		balance_leap(m, leap_of_all(e->value));
}

static int state_of(const char *name)
{
	for (int i = 0; i < STATE_COUNT; i++)
		if (!strcmp(state_names[i], name))
			return i;
	return -EINVAL;
}

void balance_undo(struct balance_row *row, int64_t at, const char *by)
{
	row->undone.at = at;
	snprintf(row->undone.by, sizeof(row->undone.by), "%.*s", (int)sizeof(row->undone.by) - 1,
		 by);
}

void balance_repaired(struct balance_row *row, const struct entry *e)
{
	struct repair *newest = row->repairs;

	memmove(newest + 1, newest, (REPAIRS_KEPT - 1) * sizeof(*newest));
	newest->at = e->at;
	memcpy(newest->text, e->text, sizeof(newest->text));
}

void balance_recall(void *ctx, const struct entry *e)
{
	struct balance *m = ctx;
	struct balance_row *row;
	int state;

	switch (e->kind) {
	case ENTRY_FAILING:
		row = balance_row(m, e->name);
		if (row)
			row->past = (struct past){ .since = e->value > 0 ? e->value : 0 };
		break;
	case ENTRY_LACKING:
		row = balance_row(m, e->name);
		if (row)
			row->lacking = e->value > 0 ? e->value : 0;
		break;
	case ENTRY_STATE:
		state = state_of(e->name);
		if (state >= 0 && e->kept)
			m->history.state = (enum state)state, m->history.since = e->value;
		else if (state >= 0)
			history_move(&m->history, (enum state)state, e->value);
		break;
	case ENTRY_CLOCK: recall_clock(m, e); break;
	case ENTRY_RELEASE: leave_recall(&m->leave, e, io_boot_ms()); break;
	case ENTRY_REBOOT: reboots_recall(&m->reboots, e); break;
	case ENTRY_LADDER:
		row = balance_row(m, e->name);
		if (row && ladder_get(e->text, &row->ladder) < 0)
			row->ladder = (struct ladder){ 0 };
		break;
	case ENTRY_UNDONE:
		row = balance_row(m, e->name);
		if (row)
			balance_undo(row, e->value, e->text);
		break;
	case ENTRY_PORTAL:
		if (!strcmp(e->name, PORTAL_OPENED))
			portal_note(&m->portals, e->value);
		break;
	case ENTRY_REPAIR:
		row = balance_row(m, e->name);
		if (row)
			balance_repaired(row, e);
		break;
	case ENTRY_TUG:
	case ENTRY_POLICY:
	case ENTRY_FIREWALL:
	case ENTRY_COUNT: break;
	}
	if (e->at > m->leave.seen)
		m->leave.seen = e->at;
	/* One that is repeated may be of long ago. */
	if (!e->kept)
		m->told = e->at;
}

struct entry balance_ladder(const struct balance_row *row)
{
	struct entry e = { .kind = ENTRY_LADDER };

	_Static_assert(LADDER_TEXT <= ENTRY_TEXT, "one entry has a ladder");
	snprintf(e.name, sizeof(e.name), "%s", row->id);
	ladder_put(&row->ladder, e.text);
	return e;
}

static void repeat_since(enum entry_kind kind, const char *id, int64_t since, ledger_each put,
			 void *ctx)
{
	struct entry e = { .kept = true, .kind = kind, .value = since };

	if (!since)
		return;
	snprintf(e.name, sizeof(e.name), "%s", id);
	put(ctx, &e);
}

static void repeat_undone(const struct balance_row *row, ledger_each put, void *ctx)
{
	struct entry e = { .kept = true, .kind = ENTRY_UNDONE, .value = row->undone.at };

	if (!*row->undone.by)
		return;
	_Static_assert(UNDONE_TEXT <= ENTRY_TEXT, "one entry has it");
	snprintf(e.name, sizeof(e.name), "%s", row->id);
	snprintf(e.text, sizeof(e.text), "%s", row->undone.by);
	put(ctx, &e);
}

static void repeat_portals(const struct portal_past *p, ledger_each put, void *ctx)
{
	struct entry e = { .kept = true, .kind = ENTRY_PORTAL, .name = PORTAL_OPENED };

	for (size_t i = PORTAL_ATTEMPTS_MAX; i-- > 0;) {
		e.value = p->opened[i];
		if (e.value)
			put(ctx, &e);
	}
}

void balance_repeat(const struct balance *m, ledger_each put, void *ctx)
{
	struct entry e = { .kept = true, .kind = ENTRY_STATE, .value = m->history.since };

	snprintf(e.name, sizeof(e.name), "%s", state_names[m->history.state]);
	put(ctx, &e);
	for (size_t i = 0; i < m->n; i++) {
		struct entry ladder = balance_ladder(&m->rows[i]);

		ladder.kept = true;
		if (m->rows[i].ladder.of)
			put(ctx, &ladder);
	}
	for (size_t i = 0; i < m->n; i++) {
		repeat_undone(&m->rows[i], put, ctx);
		repeat_since(ENTRY_FAILING, m->rows[i].id, m->rows[i].past.since, put, ctx);
		repeat_since(ENTRY_LACKING, m->rows[i].id, m->rows[i].lacking, put, ctx);
	}
	leave_repeat(&m->leave, put, ctx);
	reboots_repeat(&m->reboots, put, ctx);
	repeat_portals(&m->portals, put, ctx);
}
