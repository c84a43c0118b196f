/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nobody can set when a file was changed (st_ctime), by which a look tells when apt last heard
 * of a suite: here the test says it.  Programs that include this link with --wrap=fstatat.
 */
#pragma once

#include <string.h>
#include <sys/stat.h>

static const char *changed_name; /* in the names of the files that are meant; NULL: of none */
static time_t changed_at;	 /* seconds since 1970; all others were in 1970 */

int __real_fstatat(int dir, const char *path, struct stat *st, int flags);
int __wrap_fstatat(int dir, const char *path, struct stat *st, int flags);
int __wrap_fstatat(int dir, const char *path, struct stat *st, int flags)
{
	int r = __real_fstatat(dir, path, st, flags);

	if (r == 0)
		st->st_ctime = changed_name && strstr(path, changed_name) ? changed_at : 0;
	return r;
}
