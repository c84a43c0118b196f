/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is installed on a host, whatever package manager keeps it: one pass over its database
 * fills one table.  Texts lie in a few large pieces of memory, so a package costs no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "agent/posture/deb822.h"

#define INVENTORY_MAX 200000
#define INVENTORY_END SIZE_MAX

enum manager { MANAGER_DPKG, MANAGER_APK, MANAGER_RPM, MANAGER_COUNT };
extern const char *const manager_names[MANAGER_COUNT];

struct package {
	struct word name, arch, version;
	struct word source,
		source_version; /* what it was built from; its own when nothing else is said */
	uint32_t hash;		/* of the name */
	bool held;		/* by the administrator: apt-mark hold */
};

struct inventory;

/* `expect`: how many packages may come; it is no bound.  -ENOMEM. */
int inventory_new(enum manager manager, size_t expect, struct inventory **ret);
struct inventory *inventory_free(struct inventory *inv); /* always NULL */
enum manager inventory_manager(const struct inventory *inv);

/* Adds a copy; an absent source is the package itself.  -E2BIG above INVENTORY_MAX; -ENOMEM. */
int inventory_add(struct inventory *inv, const struct package *p);

/*
 * Moves a text into the inventory's memory, with a NUL behind it, as all texts of its packages
 * have; it lives as long.  -ENOMEM, -EBADMSG when too long.
 */
int inventory_keep(struct inventory *inv, struct word *text);

/* Notes a package that the package manager left half done, and how many there are. */
void inventory_note_broken(struct inventory *inv, struct word name);
size_t inventory_broken(const struct inventory *inv, struct word *first);

/* In the order of the database. */
const struct package *inventory_list(const struct inventory *inv, size_t *n);

/* Once all are added, before the first inventory_find(): not everybody looks for names.  -ENOMEM.
 */
int inventory_index(struct inventory *inv);

/* The rows with that name, one an architecture: begin with `at` 0 and go on until INVENTORY_END. */
size_t inventory_find(const struct inventory *inv, struct word name, size_t *at);

/*
 * Reads the database of the package manager that this root has.  -ENOENT and the fault when
 * it has none that this build can read; else the errors of its reader below.
 */
int inventory_read(int root, struct inventory **ret, struct fault *fault);

/*
 * The readers: -EBADMSG and the fault's line for what is malformed or cut, -E2BIG, or the -errno
 * of reading.  Packages that are not there or only left their configuration do not count.
 */
#define DPKG_STATUS   "var/lib/dpkg/status"
#define DPKG_UPDATES  "var/lib/dpkg/updates"
#define DPKG_LOCK     "var/lib/dpkg/lock"
#define APK_INSTALLED "lib/apk/db/installed"

int dpkg_read(int root, struct inventory **ret, struct fault *fault);
int apk_read(int root, struct inventory **ret, struct fault *fault);
int rpm_read(int root, struct inventory **ret, struct fault *fault);
