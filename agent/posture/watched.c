// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/watched.h"

#define FDINFO_MAX (1024 * 1024) /* a mark a line */

/* Lines "fanotify ino:", "fanotify mnt_id:" and "fanotify sdev:" are marks. */
static int count_marks(const char *text)
{
	int n = 0;

	for (const char *at = text; (at = strstr(at, "fanotify ")); at++)
		n += !strncmp(at + 9, "ino:", 4) || !strncmp(at + 9, "mnt_id:", 7) ||
		     !strncmp(at + 9, "sdev:", 5);
	return n;
}

int watched_places(int root, pid_t pid)
{
	char path[40];
	_dir_ DIR *dir = NULL;
	struct dirent *e;
	int n = 0;

	snprintf(path, sizeof(path), "proc/%d/fdinfo", (int)pid);
	dir = io_open_dir(root, path, 0);
	if (!dir)
		return errno == ENOENT || errno == ESRCH ? 0 : -errno;
	while ((e = readdir(dir))) {
		_free_ char *text = NULL;
		size_t len;

		if (io_read(dirfd(dir), e->d_name, FDINFO_MAX, &text, &len) == 0)
			n += count_marks(text);
	}
	return n;
}
