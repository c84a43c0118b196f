// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes that run what is no longer installed; see running.h for what counts. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/inventory.h"
#include "agent/posture/maps.h"
#include "agent/posture/process.h"
#include "agent/posture/running.h"

#define MAPS_MAX      (64 * 1024 * 1024) /* bytes; a process has 65,530 mappings as a rule */
#define CGROUP_MAX    65536
#define LOOK_LIMIT_MS 5000
#define CLOCK_SLACK_S 3600 /* files keep their times when the clock is set */
#define PATHS_MAX     128  /* files that are gone, of all processes together */
#define PAIRS_MAX     1024

/* What one unit maps, before it is known whose file that is. */
struct pair {
	char unit[RUNNING_UNIT];
	size_t path;
	unsigned processes;
	long last; /* the process that was counted last */
};

struct walk {
	struct running *ret;
	struct owner paths[PATHS_MAX];
	size_t n_paths;
	struct pair pairs[PAIRS_MAX];
	size_t n_pairs;
	struct {
		char mounts[64]; /* "mnt:[4026531841]" */
		struct stat root;
	} host;
	int root, proc;
	int64_t changed; /* when packages last did; INT64_MAX: not known */
	/* The process at hand. */
	long pid;
	enum { PLACE_UNKNOWN, PLACE_HOST, PLACE_CONTAINER } place; /* asked when it matters */
	size_t mapped[PATHS_MAX];
	size_t n_mapped;
};

static int read_link(int proc, long pid, const char *name, char *ret, size_t room)
{
	char path[48];
	ssize_t n;

	snprintf(path, sizeof(path), "%ld/%s", pid, name);
	n = readlinkat(proc, path, ret, room - 1);
	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return 0;
}

static int stat_root(int proc, long pid, struct stat *ret)
{
	char path[48];

	snprintf(path, sizeof(path), "%ld/root", pid);
	return fstatat(proc, path, ret, 0) < 0 ? -errno : 0;
}

/*
 * A container has both a mount namespace and a root of its own.  A service in a sandbox has only
 * the former, one that went into a chroot only the latter.
 */
static bool has_own_place(const struct walk *w)
{
	char mounts[64];
	struct stat root;

	if (read_link(w->proc, w->pid, "ns/mnt", mounts, sizeof(mounts)) < 0 ||
	    !strcmp(mounts, w->host.mounts))
		return false;
	return stat_root(w->proc, w->pid, &root) == 0 &&
	       (root.st_dev != w->host.root.st_dev || root.st_ino != w->host.root.st_ino);
}

static bool is_contained(struct walk *w)
{
	if (w->place == PLACE_UNKNOWN)
		w->place = has_own_place(w) ? PLACE_CONTAINER : PLACE_HOST;
	return w->place == PLACE_CONTAINER;
}

/* What is in a container takes no room from the host's. */
static void on_gone(void *ctx, const char *path, size_t len)
{
	struct walk *w = ctx;
	size_t i = 0;

	if (is_contained(w))
		return;
	while (i < w->n_paths &&
	       (strlen(w->paths[i].path) != len || memcmp(w->paths[i].path, path, len)))
		i++;
	if (i == PATHS_MAX || len >= OWNER_PATH_MAX) {
		w->ret->more++;
		return;
	}
	if (i == w->n_paths)
		snprintf(w->paths[w->n_paths++].path, OWNER_PATH_MAX, "%.*s", (int)len, path);
	for (size_t k = 0; k < w->n_mapped; k++)
		if (w->mapped[k] == i)
			return;
	w->mapped[w->n_mapped++] = i;
}

/*
 * Who was begun after packages last changed runs what is installed, whatever its maps say: any user
 * may have files of any name mapped, by mounts of his own or from somebody who has them, and as
 * many as he likes.  What was forked later from a process that is old is told by that one.  Root
 * needs no such trick and is looked at always.
 */
static bool is_newer(const struct walk *w)
{
	int64_t begun;

	return w->changed < INT64_MAX && process_begun(w->root, w->pid, &begun) == 0 &&
	       begun > w->changed + CLOCK_SLACK_S && !process_is_roots(w->root, w->pid);
}

static void add_pair(struct walk *w, const char *unit, size_t path, long pid)
{
	struct pair *p = w->pairs;

	while (p < w->pairs + w->n_pairs && (p->path != path || strcmp(p->unit, unit)))
		p++;
	if (p == w->pairs + PAIRS_MAX) {
		w->ret->more++;
		return;
	}
	if (p == w->pairs + w->n_pairs) {
		w->n_pairs++;
		*p = (struct pair){ .path = path };
		memcpy(p->unit, unit, RUNNING_UNIT);
	}
	p->processes += p->last != pid;
	p->last = pid;
}

static void add_pairs(struct walk *w)
{
	_free_ char *cgroup = NULL;
	char path[48], unit[RUNNING_UNIT];
	size_t len;
	int r;

	snprintf(path, sizeof(path), "%ld/cgroup", w->pid);
	r = io_read(w->proc, path, CGROUP_MAX, &cgroup, &len);
	running_unit(r < 0 ? "" : cgroup, unit);
	for (size_t i = 0; i < w->n_mapped; i++)
		add_pair(w, unit, w->mapped[i], w->pid);
}

/* Who is gone meanwhile runs nothing old. */
static int look_at(struct walk *w, long pid)
{
	_close_ int maps = -1;
	char path[48];
	int r;

	w->pid = pid;
	w->place = PLACE_UNKNOWN;
	w->n_mapped = 0;
	if (is_newer(w))
		return 0;
	snprintf(path, sizeof(path), "%ld/maps", pid);
	maps = openat(w->proc, path, O_RDONLY | O_CLOEXEC);
	r = maps < 0 ? -errno : maps_read(maps, MAPS_MAX, on_gone, w);
	if (r < 0)
		is_contained(w);
	if (w->place == PLACE_CONTAINER) {
		w->ret->contained++;
		return 0;
	}
	if (r == 0 && w->n_mapped)
		add_pairs(w);
	return r;
}

static void walk_all(struct walk *w, DIR *proc)
{
	uint64_t end = io_boot_ms() + LOOK_LIMIT_MS;
	struct dirent *e;

	while ((e = readdir(proc))) {
		char *rest;
		long pid = strtol(e->d_name, &rest, 10);
		int r;

		if (*rest || pid <= 0)
			continue;
		r = io_boot_ms() < end ? look_at(w, pid) : -ETIMEDOUT;
		if (r < 0 && r != -ENOENT && r != -ESRCH)
			w->ret->unread++;
	}
}

/* One row a unit and package, however many files. */
static void add_row(struct running *r, const struct pair *p, const struct owner *o)
{
	struct running_row *row = r->rows;

	while (row < r->rows + r->n &&
	       (strcmp(row->unit, p->unit) || strcmp(row->package, o->package)))
		row++;
	if (row == r->rows + RUNNING_ROWS) {
		r->more++;
		return;
	}
	if (row == r->rows + r->n) {
		r->n++;
		*row = (struct running_row){ 0 };
		memcpy(row->unit, p->unit, sizeof(row->unit));
		memcpy(row->package, o->package, sizeof(row->package));
		memcpy(row->path, o->path, sizeof(row->path));
	}
	if (p->processes > row->processes)
		row->processes = p->processes;
}

/* Also the lists of their files: they are written one by one, before the rest. */
static int64_t packages_changed(int root)
{
	static const char *const files[] = {
		DPKG_STATUS,
		"var/lib/dpkg/info",
		APK_INSTALLED,
		"var/lib/rpm/Packages",
		"var/lib/rpm/rpmdb.sqlite",
		"usr/lib/sysimage/rpm/Packages.db",
		"usr/lib/sysimage/rpm/rpmdb.sqlite",
	};
	int64_t last = INT64_MIN;

	for (size_t i = 0; i < COUNT(files); i++) {
		struct stat st;

		if (fstatat(root, files[i], &st, 0) == 0 && st.st_mtime > last)
			last = st.st_mtime;
	}
	return last > INT64_MIN ? last : INT64_MAX;
}

static int walk_host(struct walk *w, int root)
{
	_dir_ DIR *proc = io_open_dir(root, "proc", 0);
	int r;

	if (!proc)
		return -errno;
	w->root = root;
	w->proc = dirfd(proc);
	w->changed = packages_changed(root);
	r = read_link(w->proc, 1, "ns/mnt", w->host.mounts, sizeof(w->host.mounts));
	if (r == 0)
		r = stat_root(w->proc, 1, &w->host.root);
	if (r == 0)
		walk_all(w, proc);
	return r;
}

int running_look(int root, struct running *ret)
{
	_free_ struct walk *w = calloc(1, sizeof(*w));
	struct running found = { .whole = true };
	int r = w ? 0 : -ENOMEM;

	if (r < 0)
		return r;
	w->ret = &found;
	r = walk_host(w, root);
	if (r == 0 && w->n_pairs)
		r = owners_find(root, w->paths, w->n_paths);
	if (r < 0)
		return r;
	for (size_t i = 0; i < w->n_pairs; i++)
		if (*w->paths[w->pairs[i].path].package)
			add_row(&found, &w->pairs[i], &w->paths[w->pairs[i].path]);
	*ret = found;
	return 0;
}
