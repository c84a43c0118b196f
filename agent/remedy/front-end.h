/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lays a host's firewall, and how each of them is switched on. */
#pragma once

#include "agent/remedy/copies.h"
#include "agent/remedy/known-good.h"
#include "agent/remedy/step.h"

struct front_end {
	enum front of;
	const struct step *steps, *again; /* again: after its files were put back */
};

/*
 * The one that the host uses, else the one that made the good firewall, else the first that is
 * installed; NULL: there is none.
 */
const struct front_end *front_end_choose(const struct known_good *g);
