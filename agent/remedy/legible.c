// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/remedy/legible.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/folder.h"
#include "agent/remedy/unlock.h"

static bool owner_reads(const struct stat *folder, const struct stat *st)
{
	if (folder->st_uid == st->st_uid)
		return st->st_mode & S_IRUSR;
	return st->st_mode & (folder->st_gid == st->st_gid ? S_IRGRP : S_IROTH);
}

static bool all_read(const struct stat *folder, const struct stat *st)
{
	(void)folder;
	return st->st_mode & S_IROTH;
}

static int open_to_all(const char *path, struct report *report,
		       bool (*is_open)(const struct stat *folder, const struct stat *st))
{
	const char *name;
	_close_ int dir = folder_holding(AT_FDCWD, path, &name);
	_close_ int fd = -1;
	struct stat folder, st;

	if (dir < 0)
		return dir;
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0 || fstat(dir, &folder) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || is_open(&folder, &st))
		return 0;
	unlock_file(path);
	if (fchmod(fd, (st.st_mode | 0444) & 07777) < 0)
		return -errno;
	report_line(report, "  letting everybody read ", path);
	return 1;
}

int legible_make(const char *path, struct report *report)
{
	return open_to_all(path, report, owner_reads);
}

int legible_to_all(const char *path, struct report *report)
{
	return open_to_all(path, report, all_read);
}
