/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host's package manager, dpkg or rpm, keeps of a package's files. */
#pragma once

#include "agent/posture/remembered.h"
#include "policy/provider.h"

/*
 * A line a file, "HASH  PATH": in hexadecimal, two blanks, the path below the root without a slash
 * before it, as md5sum(1) and its like print them (dpkg's are deb-md5sums(5)).  Which hash it is,
 * its length tells.  Configuration is not among them, nor what its packager lets change.  The
 * caller frees *ret.  -ENOENT when the package is not installed; -EBADMSG when it is and its hashes
 * are gone, or dpkg's list is empty; -ENOMEM.  What rpm has is read anew when its database was
 * written to; remembered: may be NULL.
 */
int hashes_read(int root, const char *package, struct remembered *remembered, char **ret);

/*
 * Of the installed packages those that have that name and a version behind it ("libclamav12:amd64",
 * as dpkg calls its files, for "libclamav") are added, as far as there is room.
 */
void hashes_packages(int root, const char *stem, struct remembered *remembered, struct texts *ret);
