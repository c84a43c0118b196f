/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last known good of the firewall: the fingerprint (agent/posture/likeness.h) of the first one
 * with which the checks of the firewall passed, and from then on only what an administrator
 * accepts.  In a file of its own, `firewall` below the agent's folder.  With it lazaret-keep copies
 * what the front ends are set up by, once: later changes of it are nobody's word.
 */
#pragma once

#include <stdint.h>

#include "agent/base/err.h"

struct daemon;

/* Reads the file, and has the looks compare.  0 also when it is damaged, which is logged. */
int kept_open(struct daemon *d, const char *folder, struct fault *fault);
void kept_close(struct daemon *d);

/* After a round of looks: keeps the first one that has been good and the same for ten seconds. */
void kept_round(struct daemon *d);
/* When to look for that; INT64_MAX: no need. */
int64_t kept_due(const struct daemon *d, int64_t now);

/*
 * Takes the firewall as it is now for the good one.  0, or -errno and why: -EPERM when inbound is
 * open, or another demand than to be like it fails.
 */
int kept_accept(struct daemon *d, struct fault *fault);
