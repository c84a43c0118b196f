// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/balance.h"
#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/memory.h"
#include "agent/offered.h"

#define LOCK_NAME "lock"

struct memory {
	int lock;
	struct ledger *ledger;
	struct offered *offered;
	int64_t started; /* by the clock as it is now; 0: not yet */
	struct balance now;
};

DEFINE_DROP(memory, memory_close)

struct past *memory_past(struct memory *m, const char *id)
{
	struct balance_row *row = balance_row(&m->now, id);

	return row ? &row->past : NULL;
}

int64_t memory_lacking(const struct memory *m, const char *id)
{
	const struct balance_row *row = balance_find(&m->now, id);

	return row ? row->lacking : 0;
}

struct offered *memory_offered(struct memory *m)
{
	return m->offered;
}

struct ladder *memory_ladder(struct memory *m, const struct requirement *req)
{
	struct balance_row *row = balance_row(&m->now, req->id);

	if (row)
		ladder_fit(&row->ladder, req);
	return row ? &row->ladder : NULL;
}

void memory_climbed(struct memory *m, const struct requirement *req)
{
	const struct balance_row *row = balance_find(&m->now, req->id);
	struct entry e;

	if (!row)
		return;
	e = balance_ladder(row);
	ledger_add(m->ledger, &e);
}

struct history *memory_history(struct memory *m)
{
	return &m->now.history;
}

struct leave *memory_leave(struct memory *m)
{
	return &m->now.leave;
}

struct reboots *memory_reboots(struct memory *m)
{
	return &m->now.reboots;
}

void memory_note(struct memory *m, const struct entry *e)
{
	ledger_add(m->ledger, e);
}

struct portal_past *memory_portals(struct memory *m)
{
	return &m->now.portals;
}

/*
 * One lazaretd at a time, wherever its socket is.  Of fcntl(2)'s locks the older kind: it is this
 * process's alone, so it ends with it, and no child that was just being made keeps it.  What cannot
 * be locked, on a disk that is full or read only, keeps nobody from starting.
 */
static int lock(struct memory *m, const char *folder, struct fault *fault)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir >= 0)
		m->lock = openat(dir, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (m->lock < 0 || fcntl(m->lock, F_SETLK, &whole) == 0 ||
	    (errno != EAGAIN && errno != EACCES))
		return 0;
	return fault_set(fault, -EBUSY, "another lazaretd is at work in %s", folder);
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
	m->lock = -1;
	r = lock(m, folder, fault);
	if (r < 0)
		return r;
	r = ledger_open(folder, balance_recall, &m->now, &m->ledger, fault);
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
		drop_fd(&m->lock);
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

void memory_leave_tell(void *memory, const char *name, int64_t value, const char *text)
{
	memory_tell(memory, ENTRY_RELEASE, name, value, "%s", text);
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
	for (size_t i = m->now.n; i-- > 0;) {
		if (is_among(m->now.rows[i].id, reqs, n))
			continue;
		if (m->now.rows[i].past.since)
			memory_tell(m, ENTRY_FAILING, m->now.rows[i].id, 0, "no longer demanded");
		if (m->now.rows[i].lacking)
			memory_tell(m, ENTRY_LACKING, m->now.rows[i].id, 0, "no longer demanded");
		m->now.rows[i] = m->now.rows[--m->now.n];
	}
}

void memory_lacks(struct memory *m, const char *id, int64_t since, const char *what)
{
	struct balance_row *row = balance_row(&m->now, id);

	if (!row || row->lacking == since)
		return;
	row->lacking = since;
	memory_tell(m, ENTRY_LACKING, id, since, "%s", what);
}

const struct undone *memory_undone(const struct memory *m, const char *id)
{
	static const struct undone never = { 0 };
	const struct balance_row *row = balance_find(&m->now, id);

	return row ? &row->undone : &never;
}

void memory_undo(struct memory *m, const char *id, int64_t at, const char *by)
{
	struct balance_row *row = balance_row(&m->now, id);

	if (!row || (!*by && !*row->undone.by))
		return;
	balance_undo(row, at, by);
	memory_tell(m, ENTRY_UNDONE, id, at, "%s", by);
}

const struct repair *memory_repairs(const struct memory *m, const char *id)
{
	static const struct repair none[REPAIRS_KEPT];
	const struct balance_row *row = balance_find(&m->now, id);

	return row ? row->repairs : none;
}

void memory_repaired(struct memory *m, const char *id, int err, const char *name,
		     const char *outcome)
{
	struct entry e = { .at = io_now(), .kind = ENTRY_REPAIR, .value = err };
	struct balance_row *row = balance_row(&m->now, id);

	snprintf(e.name, sizeof(e.name), "%s", id);
	snprintf(e.text, sizeof(e.text), "%s: %.200s", name, outcome);
	ledger_add(m->ledger, &e);
	if (row)
		balance_repaired(row, &e);
}

static void go_along(struct memory *m, struct leap leap)
{
	balance_leap(&m->now, leap);
	offered_leap(m->offered, leap);
	leap_along(&m->started, leap_of_all(leap.by));
}

/*
 * A clock that goes back by no more than it had gone on while nobody looked was ahead at the start,
 * and what is from before it is right: to go back along would take that time from its deadlines,
 * at each start of a host whose clock is two hours ahead again.
 */
static bool was_ahead(const struct memory *m, int64_t seconds)
{
	return m->started && seconds < 0 && m->started + seconds > m->now.told - CLOCK_SLACK;
}

static void set_right(struct memory *m, int64_t seconds)
{
	const int64_t told = m->now.told, from = m->started - CLOCK_SLACK;
	const struct leap since_start = { seconds, from > told ? from : told + 1 };

	go_along(m, since_start);
	memory_tell(m, ENTRY_CLOCK, CLOCK_AHEAD, seconds, "%" PRId64, since_start.from);
}

void memory_leap(struct memory *m, int64_t seconds)
{
	if (was_ahead(m, seconds)) {
		set_right(m, seconds);
		return;
	}
	go_along(m, leap_of_all(seconds));
	m->now.told += seconds;
	memory_tell(m, ENTRY_CLOCK, "", seconds, "deadlines keep the time that was left");
}

int64_t memory_resume(struct memory *m, int64_t now)
{
	int64_t by = m->now.told - now;

	m->started = now;
	if (by <= CLOCK_SLACK)
		return 0;
	balance_go_back(&m->now, by);
	offered_leap(m->offered, leap_of_all(-by));
	m->now.told = now;
	memory_tell(m, ENTRY_CLOCK, CLOCK_BEHIND, -by, "it was so when lazaretd started");
	return by;
}

void memory_stop(struct memory *m)
{
	memory_tell(m, ENTRY_CLOCK, CLOCK_STOPPED, 0, "%s", "");
	(void)!ledger_sync(m->ledger);
}

static void add(void *ctx, const struct entry *e)
{
	ledger_add(ctx, e);
}

int memory_keep(struct memory *m)
{
	int r = ledger_sync(m->ledger), kept = offered_keep(m->offered);

	if (r < 0 || !ledger_wants_trim(m->ledger))
		return r < 0 ? r : kept;
	balance_repeat(&m->now, add, m->ledger);
	r = ledger_trim(m->ledger);
	return r < 0 ? r : kept;
}

int memory_read(const struct memory *m, ledger_each each, void *ctx)
{
	return ledger_read(m->ledger, each, ctx);
}
