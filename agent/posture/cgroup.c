// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/posture/cgroup.h"

#define DEPTH_MAX   8
#define FOLDERS_MAX 8192 /* containers' hosts have hundreds */

struct walk {
	struct cgroup_name *list;
	size_t n, left; /* names; still without one */
	unsigned folders;
};

static void drop_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* What runs in a container or a session is its unit's: the folders in it are its own affair. */
static bool is_unit(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot &&
	       (!strcmp(dot, ".service") || !strcmp(dot, ".scope") || !strcmp(dot, ".socket"));
}

static void name_one(struct walk *w, uint64_t id, const char *name)
{
	for (size_t i = 0; i < w->n; i++) {
		if (w->list[i].id != id || *w->list[i].name)
			continue;
		snprintf(w->list[i].name, sizeof(w->list[i].name), "%.63s", name);
		w->left--;
	}
}

static void walk(struct walk *w, int parent, const char *folder, const char *unit, unsigned depth)
{
	int fd = openat(parent, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_drop_(drop_dir) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (dir && w->left && (e = readdir(dir))) {
		const char *name = is_unit(e->d_name) || !*unit ? e->d_name : unit;

		if (e->d_type != DT_DIR || e->d_name[0] == '.' || w->folders++ > FOLDERS_MAX)
			continue;
		name_one(w, e->d_ino, name);
		if (depth < DEPTH_MAX)
			walk(w, dirfd(dir), e->d_name, is_unit(name) ? name : "", depth + 1);
	}
}

void cgroup_names(int root, struct cgroup_name *list, size_t n)
{
	struct walk w = { .list = list, .n = n, .left = n };
	const char *top = "sys/fs/cgroup";

	if (faccessat(root, "sys/fs/cgroup/cgroup.controllers", F_OK, 0) < 0)
		top = "sys/fs/cgroup/unified";
	for (size_t i = 0; i < n; i++)
		w.left -= *list[i].name != '\0';
	walk(&w, root, top, "", 0);
}
