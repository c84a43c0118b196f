// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/cgroup.h"

#define PROCS_MAX   (1024 * 1024)
#define DEPTH_MAX   8
#define FOLDERS_MAX 8192 /* containers' hosts have hundreds */

struct walk {
	struct cgroup_name *list;
	size_t n, left; /* names; still without one */
	long pid;	/* whose unit is wanted, or 0 */
	char *unit;
	unsigned folders;
};

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
		snprintf(w->list[i].name, sizeof(w->list[i].name), "%.95s", name);
		w->left--;
	}
}

static bool holds(int parent, const char *folder, long pid)
{
	_free_ char *procs = NULL;
	char path[NAME_MAX + 16], *rest;
	size_t len;

	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	if (io_read(parent, path, PROCS_MAX, &procs, &len) < 0)
		return false;
	for (const char *line = strtok_r(procs, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (strtol(line, NULL, 10) == pid)
			return true;
	return false;
}

static void look_for(struct walk *w, int parent, const char *folder, const char *name)
{
	if (!w->pid || !holds(parent, folder, w->pid))
		return;
	snprintf(w->unit, CGROUP_NAME_MAX, "%.95s", name);
	w->left--;
}

static void walk(struct walk *w, int parent, const char *folder, const char *unit, unsigned depth)
{
	_dir_ DIR *dir = io_open_dir(parent, folder, O_NOFOLLOW);
	struct dirent *e;

	while (dir && w->left && (e = readdir(dir))) {
		const char *name = is_unit(e->d_name) || !*unit ? e->d_name : unit;

		if (e->d_type != DT_DIR || e->d_name[0] == '.' || w->folders++ > FOLDERS_MAX)
			continue;
		name_one(w, e->d_ino, name);
		look_for(w, dirfd(dir), e->d_name, name);
		if (depth < DEPTH_MAX)
			walk(w, dirfd(dir), e->d_name, is_unit(name) ? name : "", depth + 1);
	}
}

static void walk_all(struct walk *w, int root)
{
	const char *top = "sys/fs/cgroup";

	if (faccessat(root, "sys/fs/cgroup/cgroup.controllers", F_OK, 0) < 0)
		top = "sys/fs/cgroup/unified";
	walk(w, root, top, "", 0);
}

void cgroup_names(int root, struct cgroup_name *list, size_t n)
{
	struct walk w = { .list = list, .n = n, .left = n };

	for (size_t i = 0; i < n; i++)
		w.left -= *list[i].name != '\0';
	walk_all(&w, root);
}

void cgroup_of(int root, long pid, char unit[CGROUP_NAME_MAX])
{
	struct walk w = { .left = 1, .pid = pid, .unit = unit };

	*unit = '\0';
	walk_all(&w, root);
}
