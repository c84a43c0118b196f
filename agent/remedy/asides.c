// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/asides.h"
#include "agent/remedy/folder.h"
#include "agent/remedy/unlock.h"

int asides_add(struct asides *a, const char *path, struct report *report)
{
	struct aside *row = a ? &a->rows[a->n] : NULL;
	const char *name;
	_close_ int dir = folder_holding(AT_FDCWD, path, &name);
	struct stat st;
	int r;

	if (dir < 0)
		return dir == -ENOENT ? 0 : dir;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (a && (a->n == ASIDES_MAX || strlen(path) >= sizeof(row->path)))
		return -ENAMETOOLONG;
	unlock_file(path);
	r = folder_set_aside(dir, name, a ? row->as : NULL);
	if (r < 0)
		return r;
	if (a)
		strcpy(a->rows[a->n++].path, path);
	report_line(report, "  set aside ", path);
	return 1;
}

void asides_put_back(const struct asides *a, struct report *report)
{
	for (size_t i = 0; i < a->n; i++) {
		const char *name;
		_close_ int dir = folder_holding(AT_FDCWD, a->rows[i].path, &name);

		if (dir < 0 || renameat(dir, a->rows[i].as, dir, name) < 0)
			report_line(report, "  cannot be put back: ", a->rows[i].path);
	}
}
