/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways through folders that are folders: no symbolic link is followed, wherever it stands. */
#pragma once

#include <limits.h>
#include <stdbool.h>

/* That folder in another, for reading it and for what is below; or -errno (-ENOTDIR, -ELOOP). */
int folder_open(int dir, const char *name);

/*
 * The folder that has the last name of a path below a root, and that name, which points into the
 * path.  With `make`, folders that are missing are made (0755), and what stands in
 * their place is set aside.  The caller closes it.  -errno.
 */
int folder_of(int root, const char *path, bool make, const char **name);

/* The same through symbolic links, for the administrator's own ways; "" is the root's. */
int folder_holding(int root, const char *path, const char **name);

/*
 * Renames what is called that to ".NAME.set-aside", or ".NAME.set-aside.2" and on when that is
 * there, with as much of NAME as fits: the first 99 stay, then the last one is replaced.  0 and,
 * unless ret is NULL, its new name; or -errno.
 */
int folder_set_aside(int dir, const char *name, char ret[NAME_MAX + 1]);
