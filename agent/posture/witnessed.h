/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lazaret-witness sees for lazaretd, whose unit hides all processes but its own
 * (ProtectProc=): which of a unit's processes is its program, and whether that is stopped.
 */
#pragma once

#include <stdbool.h>

#include "agent/posture/remembered.h"
#include "agent/posture/unit.h"
#include "policy/document.h"

bool part_is_demanded(const struct requirement *q, enum part part); /* of check antivirus */

/* Does nothing but its process tell whether that unit of the requirement's provider works? */
bool witnessed_is_needed(const struct requirement *q, const struct provider_unit *u);

/* What was seen of a unit, as a line for lazaretd. */
#define WITNESSED_LINE 280
void witnessed_say(const struct provider *p, const struct provider_unit *u,
		   const struct unit_run *run, char line[WITNESSED_LINE]);
/* Takes such a line, and no other: false.  *news: it differs from what was seen before. */
bool witnessed_hear(struct remembered *k, const char *line, long now, bool *news);

/*
 * Completes what lazaretd itself could see.  0; -EAGAIN when other processes are there than were
 * seen, which lasts until they are; -ENODATA when none were seen for ten minutes.
 */
#define WITNESSED_MAX_AGE 600 /* seconds; it is asked more often (agent/witness.c) */
int witnessed_complete(const struct remembered *k, const struct provider *p,
		       const struct provider_unit *u, long now, struct unit_run *run);
