/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#define TAIL_MAX (64 * 1024) /* bytes */

/*
 * The end of a log, from the beginning of a line on, as a text of at most TAIL_MAX bytes; the
 * caller frees it.  NULL: there is none that may be read.
 */
char *tail_read(int root, const char *path);
