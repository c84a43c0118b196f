/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is dpkg's alone; its reader is declared in inventory.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/posture/deb822.h"

/* A Source field (deb-control(5)): its name, and its version when it says one. */
void dpkg_cut_source(struct word field, struct word *name, struct word *version);

#define DPKG_FRESH 600 /* seconds */

/*
 * Is dpkg, or what drives it, changing the database right now?  Its locks say so; to whom they
 * are not readable, that the database changed within DPKG_FRESH.
 */
bool dpkg_is_at_work(int root, int64_t now);
