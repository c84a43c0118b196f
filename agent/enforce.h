/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct daemon;

/* Does the policy in force want the host in quarantine now?  There must be one. */
bool enforce_wanted(const struct daemon *d);

/* Notes a quarantine that is there already: lazaret-hold's, or a dead daemon's. */
void enforce_adopt(struct daemon *d);

/*
 * Makes the kernel's ruleset fit the host's state: the quarantine when the policy
 * enforces and the state is held or quarantined, none otherwise.  A failure is kept in
 * enforce_fault and tried again at the next look.
 */
void enforce(struct daemon *d);

/* Holds the links that are new, when there is a quarantine. */
void enforce_links(struct daemon *d);
