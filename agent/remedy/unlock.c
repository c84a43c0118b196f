// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/remedy/unlock.h"

#define FILE_LIST_MAX (1024 * 1024)

void unlock_file(const char *path)
{
	_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	int flags;

	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return;
	if (!(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return;
	flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	ioctl(fd, FS_IOC_SETFLAGS, &flags);
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

void unlock_provider(const struct provider *p)
{
	for (size_t i = 0; i < p->n_units; i++)
		unlock_place(p->units[i].program);
	for (size_t i = 0; i < p->n_settings; i++)
		unlock_place(p->settings[i].file);
	unlock_rows(&p->signatures.files);
	unlock_rows(&p->signatures.base);
}
