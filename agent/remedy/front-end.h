/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lays a host's firewall, and how each of them is switched on. */
#pragma once

#include "agent/remedy/copies.h"
#include "agent/remedy/known-good.h"
#include "agent/remedy/step.h"

struct front_end {
	const struct step *steps, *again; /* again: after its files were put back */
};
const struct front_end *front_end_of(enum front of);

/*
 * Those to try, below a root, and how many.  The first is the one that the host uses, which is
 * enabled and not masked; else the one that made the good firewall; else one that is enabled and
 * masked; else any that is installed.  The second made the good firewall and is another one.
 */
#define FRONT_TRIES 2
size_t front_end_order(int root, const struct known_good *g, enum front ret[FRONT_TRIES]);

/* Did it make the firewall that was kept as good? */
bool front_end_made(enum front of, const struct known_good *g);
