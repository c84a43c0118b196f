// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/watched.h"

#define FDINFO_MAX (1024 * 1024) /* a mark a line */

/*
 * Lines "fanotify ino:", "fanotify mnt_id:" and "fanotify sdev:" are marks.  That of a mount is for
 * what is opened by way of that mount: of a copy, nobody else's files are.
 */
static int count_marks(const char *text, bool shared)
{
	int n = 0;

	for (const char *at = text; (at = strstr(at, "fanotify ")); at++)
		n += !strncmp(at + 9, "ino:", 4) || !strncmp(at + 9, "sdev:", 5) ||
		     (shared && !strncmp(at + 9, "mnt_id:", 7));
	return n;
}

/* Whether it has the mounts of everybody (mount_namespaces(7)): 1, 0 or -errno. */
static int shares_mounts(int root, pid_t pid)
{
	struct stat its, managers;
	char path[40];

	snprintf(path, sizeof(path), "proc/%d/ns/mnt", (int)pid);
	if (fstatat(root, path, &its, 0) < 0 || fstatat(root, "proc/1/ns/mnt", &managers, 0) < 0)
		return -errno;
	return its.st_dev == managers.st_dev && its.st_ino == managers.st_ino;
}

static int count_all(DIR *dir, bool shared)
{
	struct dirent *e;
	int n = 0;

	while ((e = readdir(dir))) {
		_free_ char *text = NULL;
		size_t len;

		if (io_read(dirfd(dir), e->d_name, FDINFO_MAX, &text, &len) == 0)
			n += count_marks(text, shared);
	}
	return n;
}

int watched_places(int root, pid_t pid)
{
	_dir_ DIR *dir = NULL;
	char path[40];
	int r;

	snprintf(path, sizeof(path), "proc/%d/fdinfo", (int)pid);
	dir = io_open_dir(root, path, 0);
	r = dir ? shares_mounts(root, pid) : -errno;
	if (r >= 0)
		return count_all(dir, r);
	return r == -ENOENT || r == -ESRCH ? 0 : r;
}
