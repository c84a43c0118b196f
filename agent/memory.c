// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/memory.h"
#include "agent/offered.h"

struct memory {
	struct ledger *ledger;
	struct offered *offered;
	struct history history;
	struct leave leave;
	struct reboots reboots;
	struct portal_past portals;
	size_t n;
	struct row {
		char id[POLICY_ID_MAX];
		struct past past;
		struct undone undone;
		int64_t lacking; /* since when it has deadlines of patches; 0: it has none */
		struct ladder ladder;
	} rows[POLICY_REQUIREMENTS];
};

DEFINE_DROP(memory, memory_close)

static struct row *find(struct memory *m, const char *id)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->rows[i].id, id))
			return &m->rows[i];
	return NULL;
}

static struct row *make(struct memory *m, const char *id)
{
	struct row *row = find(m, id);

	if (!row) {
		if (m->n == POLICY_REQUIREMENTS)
			return NULL;
		row = &m->rows[m->n++];
		*row = (struct row){ 0 };
		snprintf(row->id, sizeof(row->id), "%s", id);
	}
	return row;
}

struct past *memory_past(struct memory *m, const char *id)
{
	struct row *row = make(m, id);

	return row ? &row->past : NULL;
}

int64_t memory_lacking(const struct memory *m, const char *id)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->rows[i].id, id))
			return m->rows[i].lacking;
	return 0;
}

struct offered *memory_offered(struct memory *m)
{
	return m->offered;
}

struct ladder *memory_ladder(struct memory *m, const struct requirement *req)
{
	struct row *row = make(m, req->id);

	if (row)
		ladder_fit(&row->ladder, req);
	return row ? &row->ladder : NULL;
}

static struct entry ladder_entry(const struct row *row)
{
	struct entry e = { .kind = ENTRY_LADDER };

	_Static_assert(LADDER_TEXT <= ENTRY_TEXT, "one entry has a ladder");
	snprintf(e.name, sizeof(e.name), "%s", row->id);
	ladder_put(&row->ladder, e.text);
	return e;
}

void memory_climbed(struct memory *m, const struct requirement *req)
{
	const struct row *row = find(m, req->id);
	struct entry e;

	if (!row)
		return;
	e = ladder_entry(row);
	ledger_add(m->ledger, &e);
}

struct history *memory_history(struct memory *m)
{
	return &m->history;
}

struct leave *memory_leave(struct memory *m)
{
	return &m->leave;
}

struct reboots *memory_reboots(struct memory *m)
{
	return &m->reboots;
}

void memory_note(struct memory *m, const struct entry *e)
{
	ledger_add(m->ledger, e);
}

struct portal_past *memory_portals(struct memory *m)
{
	return &m->portals;
}

static void leap(int64_t *at, int64_t seconds)
{
	if (*at)
		*at += seconds;
}

static void leap_all(struct memory *m, int64_t seconds)
{
	struct history *h = &m->history;

	for (size_t i = 0; i < m->n; i++) {
		leap(&m->rows[i].past.since, seconds);
		leap(&m->rows[i].past.met, seconds);
		leap(&m->rows[i].lacking, seconds);
		leap(&m->rows[i].undone.at, seconds);
		ladder_leap(&m->rows[i].ladder, seconds);
	}
	for (size_t i = 0; i < RELAPSES; i++)
		leap(&h->quarantined[i], seconds);
	leap(&h->since, seconds);
	leap(&h->met, seconds);
	leave_leap(&m->leave, seconds);
	reboots_leap(&m->reboots, seconds);
	portal_leap(&m->portals, seconds);
}

static int state_of(const char *name)
{
	for (int i = 0; i < STATE_COUNT; i++)
		if (!strcmp(state_names[i], name))
			return i;
	return -EINVAL;
}

static void undo(struct row *row, int64_t at, const char *by)
{
	row->undone.at = at;
	snprintf(row->undone.by, sizeof(row->undone.by), "%.*s", (int)sizeof(row->undone.by) - 1,
		 by);
}

/* An entry's part in what holds now; later entries win. */
static void recall(void *ctx, const struct entry *e)
{
	struct memory *m = ctx;
	struct past *past;
	struct row *row;
	int state;

	switch (e->kind) {
	case ENTRY_FAILING:
		past = memory_past(m, e->name);
		if (past)
			*past = (struct past){ .since = e->value > 0 ? e->value : 0 };
		break;
	case ENTRY_LACKING:
		row = make(m, e->name);
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
	case ENTRY_CLOCK: leap_all(m, e->value); break;
	case ENTRY_RELEASE: leave_recall(&m->leave, e, io_boot_ms()); break;
	case ENTRY_REBOOT: reboots_recall(&m->reboots, e); break;
	case ENTRY_LADDER:
		row = make(m, e->name);
		if (row && ladder_get(e->text, &row->ladder) < 0)
			row->ladder = (struct ladder){ 0 };
		break;
	case ENTRY_UNDONE:
		row = make(m, e->name);
		if (row)
			undo(row, e->value, e->text);
		break;
	case ENTRY_PORTAL:
		if (!strcmp(e->name, PORTAL_OPENED))
			portal_note(&m->portals, e->value);
		break;
	case ENTRY_TUG:
	case ENTRY_REPAIR:
	case ENTRY_POLICY:
	case ENTRY_FIREWALL:
	case ENTRY_COUNT: break;
	}
	if (e->at > m->leave.seen)
		m->leave.seen = e->at;
}

/* The ledger's fault is told first; one of the other file when that one is well. */
static int open_offered(struct memory *m, const char *folder, int was, struct fault *fault)
{
	_close_ int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (dir < 0)
		return -errno;
	r = offered_open(dir, &m->offered, was < 0 ? NULL : fault);
	return was < 0 && m->offered ? was : r;
}

int memory_open(const char *folder, struct memory **ret, struct fault *fault)
{
	_drop_(drop_memory) struct memory *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	r = ledger_open(folder, recall, m, &m->ledger, fault);
	if (m->ledger)
		r = open_offered(m, folder, r, fault);
	if (m->offered)
		*ret = take(m);
	return r;
}

struct memory *memory_close(struct memory *m)
{
	if (m) {
		ledger_close(m->ledger);
		offered_close(m->offered);
	}
	free(m);
	return NULL;
}

void memory_tell(struct memory *m, enum entry_kind kind, const char *name, int64_t value,
		 const char *fmt, ...)
{
	struct entry e = { .kind = kind, .value = value };
	va_list ap;

	snprintf(e.name, sizeof(e.name), "%s", name);
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof(e.text), fmt, ap);
	va_end(ap);
	ledger_add(m->ledger, &e);
}

static bool is_among(const char *id, const struct requirement *reqs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(reqs[i].id, id))
			return true;
	return false;
}

void memory_prune(struct memory *m, const struct requirement *reqs, size_t n)
{
	for (size_t i = m->n; i-- > 0;) {
		if (is_among(m->rows[i].id, reqs, n))
			continue;
		if (m->rows[i].past.since)
			memory_tell(m, ENTRY_FAILING, m->rows[i].id, 0, "no longer demanded");
		if (m->rows[i].lacking)
			memory_tell(m, ENTRY_LACKING, m->rows[i].id, 0, "no longer demanded");
		m->rows[i] = m->rows[--m->n];
	}
}

void memory_lacks(struct memory *m, const char *id, int64_t since, const char *what)
{
	struct row *row = make(m, id);

	if (!row || row->lacking == since)
		return;
	row->lacking = since;
	memory_tell(m, ENTRY_LACKING, id, since, "%s", what);
}

const struct undone *memory_undone(const struct memory *m, const char *id)
{
	static const struct undone never = { 0 };

	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->rows[i].id, id))
			return &m->rows[i].undone;
	return &never;
}

void memory_undo(struct memory *m, const char *id, int64_t at, const char *by)
{
	struct row *row = make(m, id);

	if (!row || (!*by && !*row->undone.by))
		return;
	undo(row, at, by);
	memory_tell(m, ENTRY_UNDONE, id, at, "%s", by);
}

void memory_leap(struct memory *m, int64_t seconds)
{
	leap_all(m, seconds);
	offered_leap(m->offered, seconds);
	memory_tell(m, ENTRY_CLOCK, "", seconds, "deadlines keep the time that was left");
}

static void repeat_since(struct memory *m, enum entry_kind kind, const char *id, int64_t since)
{
	struct entry e = { .kept = true, .kind = kind, .value = since };

	if (!since)
		return;
	snprintf(e.name, sizeof(e.name), "%s", id);
	ledger_add(m->ledger, &e);
}

static void repeat_undone(struct memory *m, const struct row *row)
{
	struct entry e = { .kept = true, .kind = ENTRY_UNDONE, .value = row->undone.at };

	if (!*row->undone.by)
		return;
	_Static_assert(UNDONE_TEXT <= ENTRY_TEXT, "one entry has it");
	snprintf(e.name, sizeof(e.name), "%s", row->id);
	snprintf(e.text, sizeof(e.text), "%s", row->undone.by);
	ledger_add(m->ledger, &e);
}

static void repeat_portals(struct memory *m)
{
	struct entry e = { .kept = true, .kind = ENTRY_PORTAL, .name = PORTAL_OPENED };

	for (size_t i = PORTAL_ATTEMPTS_MAX; i-- > 0;) {
		e.value = m->portals.opened[i];
		if (e.value)
			ledger_add(m->ledger, &e);
	}
}

static void add(void *ctx, const struct entry *e)
{
	ledger_add(ctx, e);
}

/* What holds, once more at the end of the ledger, so that its beginning can go. */
static void repeat(struct memory *m)
{
	struct entry e = { .kept = true, .kind = ENTRY_STATE, .value = m->history.since };

	snprintf(e.name, sizeof(e.name), "%s", state_names[m->history.state]);
	ledger_add(m->ledger, &e);
	for (size_t i = 0; i < m->n; i++) {
		struct entry ladder = ladder_entry(&m->rows[i]);

		ladder.kept = true;
		if (m->rows[i].ladder.of)
			ledger_add(m->ledger, &ladder);
	}
	for (size_t i = 0; i < m->n; i++) {
		repeat_undone(m, &m->rows[i]);
		repeat_since(m, ENTRY_FAILING, m->rows[i].id, m->rows[i].past.since);
		repeat_since(m, ENTRY_LACKING, m->rows[i].id, m->rows[i].lacking);
	}
	leave_repeat(&m->leave, add, m->ledger);
	reboots_repeat(&m->reboots, add, m->ledger);
	repeat_portals(m);
}

int memory_keep(struct memory *m)
{
	int r = ledger_sync(m->ledger), kept = offered_keep(m->offered);

	if (r < 0 || !ledger_wants_trim(m->ledger))
		return r < 0 ? r : kept;
	repeat(m);
	r = ledger_trim(m->ledger);
	return r < 0 ? r : kept;
}

int memory_read(const struct memory *m, ledger_each each, void *ctx)
{
	return ledger_read(m->ledger, each, ctx);
}
