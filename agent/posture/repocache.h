/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where dnf and zypper keep the metadata that they fetched: a folder for each repository.  dnf puts
 * a hash of the address behind its name, so that there may be older ones beside the current one.
 */
#pragma once

#include <stdbool.h>

#include "agent/base/err.h"
#include "agent/posture/repomd.h"

#define DNF_CACHE  "var/cache/dnf"
#define DNF5_CACHE "var/cache/libdnf5"
#define ZYPP_CACHE "var/cache/zypp/raw"

struct repocache;

/* Lists the folders that a root has; zypp: zypper's, else dnf's.  -ENOMEM. */
int repocache_open(int root, bool zypp, struct repocache **ret);
struct repocache *repocache_close(struct repocache *c); /* always NULL */

/*
 * The metadata of a repository: its folder, which the caller closes, and what its repomd.xml says.
 * Of several the one that was last known to be current.  -ENOENT: there is none; or the errors of
 * repomd_read().
 */
int repocache_find(const struct repocache *c, const char *id, int *folder, struct repomd *ret,
		   struct fault *fault);
