/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rpm knows of files; what it has installed is inventory.h's. */
#pragma once

#include <errno.h>
#include <sys/stat.h>

#ifdef CONFIG_POSTURE_RPM

/*
 * Of the database's files the one that was written to last: what was read is good until it
 * changes.  -ENOENT: there is no database.
 */
int rpm_written(int root, struct stat *ret);

/*
 * A text that the caller frees.  -ENOENT: there is nothing of that name; -EIO: no database;
 * -EBADMSG: it cannot be read in whole, or says what cannot be; -ENOMEM.
 *
 * rpm_hashes(): of a package's files that have to stay as they were packaged a line each: the hash
 * in hexadecimal, two blanks, the path without its first slash.  rpm_names(): installed packages by
 * a pattern (fnmatch(3)), a line each.  rpm_owner(): the package that a path of the host is of.
 */
int rpm_hashes(int root, const char *package, char **ret);
int rpm_names(int root, const char *pattern, char **ret);
int rpm_owner(int root, const char *path, char **ret);
#else
/* Without rpm's library no host has its database. */
static inline int rpm_written(int root, struct stat *ret)
{
	(void)root, (void)ret;
	return -ENOENT;
}

static inline int rpm_hashes(int root, const char *package, char **ret)
{
	(void)root, (void)package, (void)ret;
	return -ENOENT;
}

static inline int rpm_names(int root, const char *pattern, char **ret)
{
	(void)root, (void)pattern, (void)ret;
	return -ENOENT;
}

static inline int rpm_owner(int root, const char *path, char **ret)
{
	(void)root, (void)path, (void)ret;
	return -ENOENT;
}
#endif
