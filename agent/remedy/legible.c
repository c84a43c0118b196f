// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/remedy/legible.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/folder.h"
#include "agent/remedy/unlock.h"

static bool may_read(const struct stat *who, const struct stat *st)
{
	if (who->st_uid == st->st_uid)
		return st->st_mode & S_IRUSR;
	return st->st_mode & (who->st_gid == st->st_gid ? S_IRGRP : S_IROTH);
}

int legible_make(const char *path, struct report *report)
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
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1 || may_read(&folder, &st))
		return 0;
	unlock_file(path);
	if (fchmod(fd, (st.st_mode | 0444) & 07777) < 0)
		return -errno;
	report_line(report, "  letting everybody read ", path);
	return 1;
}
