/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the ports that a ruleset names begin and end.  Between two edges it cannot tell one port
 * from another, so one of them answers for all.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct edges {
	uint64_t begins[1u << 10]; /* a bit for each port that may not be like the one before it */
};

/* The ports from..to are named; NULL: nobody asks. */
void edges_note(struct edges *e, unsigned from, unsigned to);

/* Each port is named on its own: a condition asks for some of its bits. */
void edges_note_all(struct edges *e);

/* Are all ports from..to alike?  Not when from > to. */
bool edges_alike(const struct edges *e, unsigned from, unsigned to);
