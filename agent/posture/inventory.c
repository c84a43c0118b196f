// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/posture/arena.h"
#include "agent/posture/inventory.h"

#define ROWS_FIRST 64

const char *const manager_names[MANAGER_COUNT] = {
	[MANAGER_DPKG] = "dpkg",
	[MANAGER_APK] = "apk",
	[MANAGER_RPM] = "rpm",
};

struct inventory {
	enum manager manager;
	struct arena texts;
	struct package *rows;
	size_t n, room;
	uint32_t *slots; /* row + 1 by the name's hash; 0 is free; at most half are taken */
	size_t n_slots;	 /* a power of two */
	size_t n_broken;
	struct word first_broken;
};

DEFINE_DROP(inventory, inventory_free)

static int make_room(struct inventory *inv, size_t room)
{
	struct package *rows = reallocarray(inv->rows, room, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	inv->rows = rows;
	inv->room = room;
	return 0;
}

int inventory_new(enum manager manager, size_t expect, struct inventory **ret)
{
	_drop_(drop_inventory) struct inventory *inv = calloc(1, sizeof(*inv));
	size_t room = ROWS_FIRST;
	int r;

	if (!inv)
		return -ENOMEM;
	inv->manager = manager;
	while (room < expect && room < INVENTORY_MAX)
		room *= 2;
	r = make_room(inv, room);
	if (r == 0)
		*ret = take(inv);
	return r;
}

struct inventory *inventory_free(struct inventory *inv)
{
	if (inv) {
		arena_free(&inv->texts);
		free(inv->rows);
		free(inv->slots);
	}
	free(inv);
	return NULL;
}

enum manager inventory_manager(const struct inventory *inv)
{
	return inv->manager;
}

int inventory_keep(struct inventory *inv, struct word *text)
{
	const char *p = arena_copy(&inv->texts, text->p, text->len);

	if (!p)
		return text->len < ARENA_TEXT_MAX ? -ENOMEM : -EBADMSG;
	text->p = p;
	return 0;
}

/* A text that the row above has, too, is not kept twice: most are of one architecture. */
static int keep_once(struct inventory *inv, struct word *text, const struct word *above)
{
	if (!above || !word_same(*text, *above))
		return inventory_keep(inv, text);
	*text = *above;
	return 0;
}

static int keep_texts(struct inventory *inv, struct package *row, const struct package *p,
		      const struct package *above)
{
	int r = inventory_keep(inv, &row->name);

	if (r == 0)
		r = inventory_keep(inv, &row->version);
	if (r == 0)
		r = keep_once(inv, &row->arch, above ? &above->arch : NULL);
	if (r == 0 && p->source.len && p->source.p != p->name.p)
		r = keep_once(inv, &row->source, above ? &above->source : NULL);
	else
		row->source = row->name;
	if (r == 0 && p->source_version.len && p->source_version.p != p->version.p)
		r = inventory_keep(inv, &row->source_version);
	else
		row->source_version = row->version;
	return r;
}

int inventory_add(struct inventory *inv, const struct package *p)
{
	struct package *row;
	int r = 0;

	if (inv->n == INVENTORY_MAX)
		return -E2BIG;
	if (inv->n == inv->room)
		r = make_room(inv, 2 * inv->room);
	if (r < 0)
		return r;
	row = &inv->rows[inv->n];
	*row = *p;
	r = keep_texts(inv, row, p, inv->n ? row - 1 : NULL);
	if (r < 0)
		return r;
	inv->n++;
	return 0;
}

void inventory_note_broken(struct inventory *inv, struct word name)
{
	if (!inv->n_broken++ && inventory_keep(inv, &name) == 0)
		inv->first_broken = name;
}

size_t inventory_broken(const struct inventory *inv, struct word *first)
{
	*first = inv->first_broken;
	return inv->n_broken;
}

const struct package *inventory_list(const struct inventory *inv, size_t *n)
{
	*n = inv->n;
	return inv->rows;
}

/* FNV-1a: names are short, and those of an archive are not chosen against us. */
static uint32_t hash(struct word w)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < w.len; i++)
		h = (h ^ (unsigned char)w.p[i]) * 16777619u;
	return h;
}

int inventory_index(struct inventory *inv)
{
	size_t n = ROWS_FIRST;

	while (n < 2 * inv->n)
		n *= 2;
	free(inv->slots);
	inv->slots = calloc(n, sizeof(*inv->slots));
	if (!inv->slots)
		return -ENOMEM;
	inv->n_slots = n;
	for (size_t row = 0; row < inv->n; row++) {
		size_t at = hash(inv->rows[row].name);

		inv->rows[row].hash = (uint32_t)at;
		while (inv->slots[at & (n - 1)])
			at++;
		inv->slots[at & (n - 1)] = (uint32_t)row + 1;
	}
	return 0;
}

/* *at is how many slots were looked at before. */
size_t inventory_find(const struct inventory *inv, struct word name, size_t *at)
{
	uint32_t h = hash(name);

	for (;;) {
		uint32_t slot = inv->slots[(h + (*at)++) & (inv->n_slots - 1)];

		if (!slot)
			return INVENTORY_END;
		if (inv->rows[slot - 1].hash == h && word_same(inv->rows[slot - 1].name, name))
			return slot - 1;
	}
}

static const struct {
	const char *path; /* where it is, a root has that package manager */
	int (*read)(int root, struct inventory **ret, struct fault *fault);
} managers[] = {
	{ DPKG_STATUS, dpkg_read },
	{ APK_INSTALLED, apk_read },
#ifdef CONFIG_POSTURE_RPM
	{ "usr/lib/sysimage/rpm", rpm_read },
	{ "var/lib/rpm", rpm_read },
#endif
};

int inventory_read(int root, struct inventory **ret, struct fault *fault)
{
	size_t n = COUNT(managers);

	for (size_t i = 0; i < n; i++)
		if (faccessat(root, managers[i].path, F_OK, 0) == 0)
			return managers[i].read(root, ret, fault);
	return fault_set(fault, -ENOENT, "/%s: no such file, nor another package database",
			 DPKG_STATUS);
}
