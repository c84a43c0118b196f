/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files that a folder adds to a configuration ("conf.d"). */
#pragma once

#include <dirent.h>
#include <stdbool.h>

#include "agent/base/err.h"

#define PARTS_MAX 256

/* Reads one, by its path from the root.  0, or the -errno that ends the reading. */
typedef int (*part_read)(void *ctx, int root, const char *path);

/*
 * Reads those that `is_part` picks, in the order of their names; no folder has none.  0, the first
 * error of `read`, or why these were not all, with the fault: the -errno of the folder, or
 * -E2BIG behind the first PARTS_MAX of them.
 */
int parts_read(int root, const char *folder, int (*is_part)(const struct dirent *), part_read read,
	       void *ctx, struct fault *fault);

/* Is it the -errno of a file that is not there, or is a folder?  Nobody else reads that either. */
bool parts_lack(int err);
