/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which package a file is of. */
#pragma once

#include <stddef.h>

#define OWNER_PACKAGE_MAX 96
#define OWNER_PATH_MAX	  160

struct owner {
	char path[OWNER_PATH_MAX];	 /* absolute, of the host; asked for */
	char package[OWNER_PACKAGE_MAX]; /* the answer; empty: of none */
};

/*
 * Fills in the packages of n paths in one pass over the lists of files that the host's package
 * manager keeps.  A library that an update put under another name (libx.so.1.2 is libx.so.1.3 now)
 * is of the package that has its successor.  /usr/lib and /lib are one.  0, or -errno when the
 * lists cannot be read: then nothing is known of any.
 */
int owners_find(int root, struct owner *list, size_t n);
