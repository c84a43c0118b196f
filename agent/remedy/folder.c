// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/folder.h"

#define SET_ASIDE_MAX 100 /* of one name */

int folder_open(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int folder_set_aside(int dir, const char *name, char ret[NAME_MAX + 1])
{
	char own[NAME_MAX + 1], *to = ret ? ret : own;

	/* What was set aside before stays, for somebody may have written it; but for ever more,
	 * not. */
	for (unsigned i = 1; i <= SET_ASIDE_MAX; i++) {
		char end[32] = ".set-aside";
		int room;

		if (i > 1)
			snprintf(end, sizeof(end), ".set-aside.%u", i);
		room = NAME_MAX - 1 - (int)strlen(end);
		snprintf(to, NAME_MAX + 1, ".%.*s%s", room, name, end);
		if (i < SET_ASIDE_MAX && faccessat(dir, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		if (renameat(dir, name, dir, to) == 0)
			return 0;
		return -errno;
	}
	return -EEXIST;
}

static int step_into(int dir, const char *name, bool make)
{
	int fd = folder_open(dir, name), r = 0;

	if (fd >= 0 || !make || (fd != -ENOENT && fd != -ENOTDIR && fd != -ELOOP))
		return fd;
	if (fd != -ENOENT)
		r = folder_set_aside(dir, name, NULL);
	if (r == 0 && mkdirat(dir, name, 0755) < 0)
		r = -errno;
	return r < 0 ? r : folder_open(dir, name);
}

int folder_of(int root, const char *path, bool make, const char **name)
{
	_close_ int dir = folder_open(root, ".");
	const char *slash;

	for (; dir >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
		_free_ char *one = strndup(path, (size_t)(slash - path));
		int next = one ? step_into(dir, one, make) : -ENOMEM;

		close(dir);
		dir = next;
	}
	*name = path;
	return dir < 0 ? dir : take_fd(&dir);
}

int folder_holding(int root, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	_free_ char *folder = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
	int fd;

	if (!folder)
		return -ENOMEM;
	fd = openat(root, *folder ? folder : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*name = slash ? slash + 1 : path;
	return fd;
}
