/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mappings of a process (proc(5), /proc/PID/maps), as far as code that is gone is concerned. */
#pragma once

#include <stddef.h>

#define MAPS_LINE_MAX 4608 /* a path of PATH_MAX and what stands before it */

/*
 * Calls each() with the path of every file that is mapped as code and has been deleted or replaced
 * since: one path may come several times, and is gone after the call.  What is no file of a
 * package's anyhow (memory files, shared memory, /tmp, /usr/local) is passed over.  `text` is a
 * part of maps; returns how many of its bytes were whole lines.
 */
size_t maps_each(const char *text, size_t len,
		 void (*each)(void *ctx, const char *path, size_t path_len), void *ctx);

/*
 * The same for an open file, to its end or `max` bytes.  0, -EFBIG, or the -errno of reading.  A
 * longer line is passed over: no package's file has that name, but any user can make one.
 */
int maps_read(int fd, size_t max, void (*each)(void *ctx, const char *path, size_t path_len),
	      void *ctx);
