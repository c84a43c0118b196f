// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/posture/parts.h"

static int read_one(int root, const char *folder, const char *name, part_read read, void *ctx)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

	return n < (int)sizeof(path) ? read(ctx, root, path) : -ENAMETOOLONG;
}

int parts_read(int root, const char *folder, int (*is_part)(const struct dirent *), part_read read,
	       void *ctx, struct fault *fault)
{
	struct dirent **names;
	int n = scandirat(root, folder, &names, is_part, alphasort), err = n < 0 ? -errno : 0;

	if (err < 0)
		return parts_lack(err) ? 0
				       : fault_set(fault, err, "/%s: %s", folder, strerror(-err));
	for (int i = 0; i < n; i++) {
		if (err == 0 && i < PARTS_MAX)
			err = read_one(root, folder, names[i]->d_name, read, ctx);
		free(names[i]);
	}
	free(names);
	if (err == 0 && n > PARTS_MAX)
		err = fault_set(fault, -E2BIG, "/%s: more than %d files", folder, PARTS_MAX);
	return err;
}

bool parts_lack(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -EISDIR;
}
