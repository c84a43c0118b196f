// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/remedy/unlock.h"

#define FILE_LIST_MAX (1024 * 1024)

static void unlock_in(int dir, const char *path)
{
	_close_ int fd = openat(dir, path,
				O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	int flags;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return;
	if (!(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return;
	flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

void unlock_file(const char *path)
{
	unlock_in(AT_FDCWD, path);
}

void unlock_package(const char *package)
{
	_free_ char *text = NULL;
	char list[160], *rest, *path;
	size_t len;

	snprintf(list, sizeof(list), "/var/lib/dpkg/info/%s.list", package);
	if (io_read(AT_FDCWD, list, FILE_LIST_MAX, &text, &len) < 0)
		return; /* not installed: nothing that could be locked */
	for (path = strtok_r(text, "\n", &rest); path; path = strtok_r(NULL, "\n", &rest))
		unlock_file(path);
}

static void unlock_place(const char *path)
{
	const char *end = strrchr(path, '/');
	char folder[PROVIDER_TEXT_MAX];

	if (!end || end == path)
		return;
	snprintf(folder, sizeof(folder), "%.*s", (int)(end - path), path);
	unlock_file(folder);
	unlock_file(path);
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
