// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/reboots.h"

#define BEGUN  "begun"	/* value: the finding's id */
#define FAILED "failed" /* value: when it had been begun */
#define OFF    "off"	/* the same of one that was not let go */
#define TRIED  "tried"	/* value: the finding's id; text: how many failed; the last one was none */

static size_t find(const struct reboots *r, uint64_t id)
{
	size_t i = 0;

	while (i < r->n && r->rows[i].id != id)
		i++;
	return i;
}

static size_t oldest(const struct reboots *r)
{
	size_t least = 0;

	for (size_t i = 1; i < r->n; i++)
		if (r->rows[i].at < r->rows[least].at)
			least = i;
	return least;
}

void reboots_note(struct reboots *r, uint64_t id, int64_t at)
{
	size_t i = find(r, id);

	if (i == REBOOTS_KEPT)
		i = oldest(r);
	else if (i == r->n)
		r->n++;
	if (r->rows[i].id != id)
		r->rows[i].failed = 0;
	r->rows[i].id = id;
	r->rows[i].at = at;
	r->rows[i].none = false;
}

static void end_none(struct reboots *r, int64_t at, unsigned tries)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->rows[i].at != at || r->rows[i].none)
			continue;
		r->rows[i].none = true;
		r->rows[i].failed += tries;
	}
}

void reboots_failed(struct reboots *r, int64_t at)
{
	end_none(r, at, 1);
}

void reboots_withdraw(struct reboots *r, int64_t at)
{
	end_none(r, at, 0);
}

bool reboots_stuck(const struct reboots *r, uint64_t id)
{
	size_t i = find(r, id);

	return i < r->n && r->rows[i].none && r->rows[i].failed >= REBOOTS_TRIES;
}

bool reboots_over(const struct reboots *r, uint64_t id)
{
	size_t i = find(r, id);

	return i < r->n && (!r->rows[i].none || r->rows[i].failed >= REBOOTS_TRIES);
}

int64_t reboots_retry(const struct reboots *r)
{
	static const int64_t pauses[REBOOTS_TRIES] = { 0, 900, 3600 }; /* by how many failed */
	int64_t retry = 0;

	for (size_t i = 0; i < r->n; i++) {
		unsigned failed = r->rows[i].failed;

		if (r->rows[i].none && failed && failed < REBOOTS_TRIES &&
		    r->rows[i].at + pauses[failed] > retry)
			retry = r->rows[i].at + pauses[failed];
	}
	return retry;
}

int64_t reboots_last(const struct reboots *r)
{
	int64_t last = 0;

	for (size_t i = 0; i < r->n; i++)
		if (!r->rows[i].none && r->rows[i].at > last)
			last = r->rows[i].at;
	return last;
}

static bool is_among(uint64_t id, const uint64_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

void reboots_forget(struct reboots *r, const uint64_t *ids, size_t n, int64_t now)
{
	for (size_t i = r->n; i-- > 0;)
		if (!is_among(r->rows[i].id, ids, n) && now - r->rows[i].at >= REBOOTS_FORGET)
			r->rows[i] = r->rows[--r->n];
}

struct entry reboots_begun(uint64_t id, int64_t at, const char *what)
{
	struct entry e = { .kind = ENTRY_REBOOT, .name = BEGUN, .at = at, .value = (int64_t)id };

	snprintf(e.text, sizeof(e.text), "%s", what);
	return e;
}

struct entry reboots_none(int64_t at, bool let_go, const char *why)
{
	struct entry e = { .kind = ENTRY_REBOOT, .value = at };

	snprintf(e.name, sizeof(e.name), "%s", let_go ? FAILED : OFF);
	snprintf(e.text, sizeof(e.text), "%s", why);
	return e;
}

static struct entry tried(uint64_t id, int64_t at, unsigned failed)
{
	struct entry e = { .kind = ENTRY_REBOOT, .name = TRIED, .at = at, .value = (int64_t)id };

	snprintf(e.text, sizeof(e.text), "%u", failed);
	return e;
}

static void recall_tried(struct reboots *r, const struct entry *e)
{
	size_t i;

	reboots_note(r, (uint64_t)e->value, e->at);
	i = find(r, (uint64_t)e->value);
	r->rows[i].none = true;
	r->rows[i].failed = (unsigned)strtoul(e->text, NULL, 10);
}

void reboots_recall(struct reboots *r, const struct entry *e)
{
	if (!strcmp(e->name, BEGUN))
		reboots_note(r, (uint64_t)e->value, e->at);
	else if (!strcmp(e->name, FAILED))
		reboots_failed(r, e->value);
	else if (!strcmp(e->name, OFF))
		reboots_withdraw(r, e->value);
	else if (!strcmp(e->name, TRIED))
		recall_tried(r, e);
}

void reboots_repeat(const struct reboots *r, ledger_each add, void *ctx)
{
	for (size_t i = 0; i < r->n; i++) {
		struct entry begun = reboots_begun(r->rows[i].id, r->rows[i].at, "");
		struct entry e = tried(r->rows[i].id, r->rows[i].at, r->rows[i].failed);

		begun.kept = e.kept = true;
		if (r->rows[i].failed || r->rows[i].none)
			add(ctx, &e);
		if (!r->rows[i].none)
			add(ctx, &begun);
	}
}

void reboots_leap(struct reboots *r, struct leap leap)
{
	for (size_t i = 0; i < r->n; i++)
		leap_along(&r->rows[i].at, leap);
	leap_along(&r->begun, leap);
}
