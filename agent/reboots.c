// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/reboots.h"

#define BEGUN  "begun"	/* value: the finding's id */
#define FAILED "failed" /* value: when it had been begun */

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
	r->rows[i].id = id;
	r->rows[i].at = at;
}

void reboots_failed(struct reboots *r, int64_t at)
{
	for (size_t i = r->n; i-- > 0;)
		if (r->rows[i].at == at)
			r->rows[i] = r->rows[--r->n];
}

int64_t reboots_at(const struct reboots *r, uint64_t id)
{
	size_t i = find(r, id);

	return i < r->n ? r->rows[i].at : 0;
}

int64_t reboots_last(const struct reboots *r)
{
	int64_t last = 0;

	for (size_t i = 0; i < r->n; i++)
		if (r->rows[i].at > last)
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

struct entry reboots_none(int64_t at, const char *why)
{
	struct entry e = { .kind = ENTRY_REBOOT, .name = FAILED, .value = at };

	snprintf(e.text, sizeof(e.text), "%s", why);
	return e;
}

void reboots_recall(struct reboots *r, const struct entry *e)
{
	if (!strcmp(e->name, BEGUN))
		reboots_note(r, (uint64_t)e->value, e->at);
	else if (!strcmp(e->name, FAILED))
		reboots_failed(r, e->value);
}

void reboots_repeat(const struct reboots *r, ledger_each add, void *ctx)
{
	for (size_t i = 0; i < r->n; i++) {
		struct entry e = reboots_begun(r->rows[i].id, r->rows[i].at, "");

		e.kept = true;
		add(ctx, &e);
	}
}

void reboots_leap(struct reboots *r, int64_t seconds)
{
	for (size_t i = 0; i < r->n; i++)
		r->rows[i].at += seconds;
}
