// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/remedy/unlock.h"

#define FILE_LIST_MAX (16 * 1024 * 1024) /* sets of icons have a hundred thousand files */
#define LOCKS	      (FS_IMMUTABLE_FL | FS_APPEND_FL)
#define STATX_LOCKS   (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)

/* What is opened a scanner may read from end to end; not all file systems tell without. */
static bool may_be_locked(int dir, const char *path)
{
	struct statx st;

	return statx(dir, path, AT_SYMLINK_NOFOLLOW, 0, &st) == 0 &&
	       (st.stx_attributes & STATX_LOCKS ||
		(st.stx_attributes_mask & STATX_LOCKS) != STATX_LOCKS);
}

static bool unlock_in(int dir, const char *path)
{
	_close_ int fd = -1;
	int flags;

	if (!may_be_locked(dir, path))
		return false;
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 || !(flags & LOCKS))
		return false;
	flags &= ~LOCKS;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
}

bool unlock_file(const char *path)
{
	return unlock_in(AT_FDCWD, path);
}

/* Multi-Arch: same has the architecture in the name of its list. */
static int read_files(const char *package, const char *arch, char **ret)
{
	int r = -ENOENT;

	for (int with = 0; r == -ENOENT && with < 2; with++) {
		char list[320];
		size_t len;

		snprintf(list, sizeof(list), "/var/lib/dpkg/info/%s%s%s.list", package,
			 with ? ":" : "", with ? arch : "");
		r = io_read(AT_FDCWD, list, FILE_LIST_MAX, ret, &len);
	}
	return r;
}

static size_t unlock_place(const char *path)
{
	const char *end = strrchr(path, '/');
	char folder[PATH_MAX];

	if (!end || end == path || end - path >= PATH_MAX)
		return 0;
	snprintf(folder, sizeof(folder), "%.*s", (int)(end - path), path);
	return (size_t)unlock_file(folder) + unlock_file(path);
}

/* Folders are listed, too, up to the root; many packages share them. */
size_t unlock_listed(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) ? 0 : unlock_place(path);
}

size_t unlock_package(const char *package, const char *arch)
{
	_free_ char *text = NULL;
	char *rest, *path;
	size_t n = 0;

	if (read_files(package, arch, &text) < 0)
		return 0; /* not installed: nothing that could be locked */
	for (path = strtok_r(text, "\n", &rest); path; path = strtok_r(NULL, "\n", &rest))
		n += unlock_listed(path);
	return n;
}

static void unlock_rows(const struct texts *files)
{
	for (size_t i = 0; i < files->n; i++)
		unlock_place(files->rows[i]);
}

/* All that lies beside its log is written by it, but in the folder of everybody's. */
static void unlock_logs(const char *log)
{
	const char *end = strrchr(log, '/');
	_free_ char *folder = end ? strndup(log, (size_t)(end - log)) : NULL;
	_dir_ DIR *dir = NULL;
	const struct dirent *e;

	if (!folder)
		return;
	unlock_place(log);
	if (strcmp(folder, "/var/log"))
		dir = io_open_dir(AT_FDCWD, folder, 0);
	while (dir && (e = readdir(dir)))
		unlock_in(dirfd(dir), e->d_name);
}

void unlock_provider(const struct provider *p)
{
	for (size_t i = 0; i < p->n_units; i++)
		unlock_place(p->units[i].program);
	for (size_t i = 0; i < p->n_settings; i++)
		unlock_place(p->settings[i].file);
	unlock_rows(&p->signatures.files);
	unlock_rows(&p->signatures.base);
	unlock_logs(p->updates.file);
}
