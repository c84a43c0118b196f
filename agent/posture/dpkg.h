/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What dpkg has installed, from its status file (dpkg(1), INFORMATION ABOUT PACKAGES). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "agent/posture/deb822.h"

#define DPKG_STATUS	  "var/lib/dpkg/status"
#define DPKG_UPDATES	  "var/lib/dpkg/updates"
#define DPKG_PACKAGES_MAX 200000

struct package {
	struct word name, arch, version;
	struct word offered; /* the newest version above it that was offered; p NULL: none */
	uint32_t hash;
	bool held; /* apt-mark hold */
};

struct packages;

/*
 * Reads the status file below a root.  Packages that are not there or only left their
 * configuration do not count.  -EBADMSG and the fault's line for what is no status file, a
 * cut one included; -E2BIG above DPKG_PACKAGES_MAX; or the -errno of reading.
 */
int dpkg_read(int root, struct packages **ret, struct fault *fault);
struct packages *dpkg_free(struct packages *p); /* always NULL */

/* In the order of the status file. */
const struct package *dpkg_list(const struct packages *p, size_t *n);

/*
 * How many packages an interrupted dpkg left unpacked or half installed, and the first
 * one's name; also when its journal (DPKG_UPDATES) was not written back yet.
 */
size_t dpkg_broken(const struct packages *p, struct word *first);

/*
 * Tells of a version that can be had.  An installed package of that name and a
 * compatible architecture remembers it when it is newer than all it knew of.  -ENOMEM.
 */
int dpkg_offer(struct packages *p, struct word name, struct word arch, struct word version);
