/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Versions that the administrator locked: dnf's plugin versionlock, dnf5's versionlock.toml, and
 * zypper's locks (locks(5)).
 */
#pragma once

#include "agent/posture/repos.h"

struct lock *locks_free(struct lock *all); /* always NULL */

/* Adds all of a root's to r->locks.  -ENOMEM. */
int locks_read(int root, struct repos *r);

/* The one that keeps that version from being installed, or NULL; see repos_keep_back(). */
const struct pin *locks_find(const struct lock *all, const struct nevra *offered,
			     struct word installed);
