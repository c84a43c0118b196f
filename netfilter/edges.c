// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "netfilter/edges.h"

#define PORTS (1u << 16)

static void begin(struct edges *e, unsigned port)
{
	if (port < PORTS)
		e->begins[port / 64] |= UINT64_C(1) << port % 64;
}

void edges_note(struct edges *e, unsigned from, unsigned to)
{
	if (!e)
		return;
	begin(e, from);
	begin(e, to + 1);
}

void edges_note_all(struct edges *e)
{
	if (e)
		memset(e->begins, 0xff, sizeof(e->begins));
}

bool edges_alike(const struct edges *e, unsigned from, unsigned to)
{
	if (from > to || to >= PORTS)
		return false;
	for (unsigned port = from + 1; port <= to; port = (port / 64 + 1) * 64) {
		uint64_t left = e->begins[port / 64] >> port % 64;

		if (left)
			return port + (unsigned)__builtin_ctzll(left) > to;
	}
	return true;
}
