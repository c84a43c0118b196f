// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/floor.h"

#define LINE_ROOM 24

int64_t floor_move(int64_t floor, int64_t clock, int64_t bound)
{
	int64_t to = clock < bound ? clock : bound;

	return to > floor ? to : floor;
}

/* A damaged file is none: refusing would stop all refreshes, and the next one mends it. */
int64_t floor_read(int store)
{
	_free_ char *text = NULL;
	size_t len, digits;

	if (io_read(store, FLOOR_FILE, LINE_ROOM, &text, &len) < 0)
		return 0;
	digits = strspn(text, "0123456789");
	if (!digits || digits > 18 || len != digits + 1 || text[digits] != '\n')
		return 0;
	return strtoll(text, NULL, 10);
}

static int write_floor(int store, int64_t floor)
{
	char line[LINE_ROOM];
	int n = snprintf(line, sizeof(line), "%" PRId64 "\n", floor);

	return io_replace(store, FLOOR_FILE, line, (size_t)n, 0644);
}

int floor_raise(int store, int64_t clock, int64_t bound, int64_t *now, struct fault *fault)
{
	int64_t was = floor_read(store), to = floor_move(was, clock, bound);
	int r = 0;

	/* At the bound something has expired, and must stay so. */
	if (to - was >= FLOOR_STEP || (to > was && to == bound))
		r = write_floor(store, to);
	if (r < 0)
		return fault_set(fault, r, "the time cannot be kept in the store: %s",
				 strerror(-r));
	*now = clock > to ? clock : to;
	return 0;
}
