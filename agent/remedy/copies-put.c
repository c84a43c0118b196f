// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/io.h"
#include "agent/remedy/copies.h"
#include "agent/remedy/folder.h"
#include "agent/remedy/unlock.h"

#define SWEEP_DEPTH 8

struct putting {
	const struct copies *copies;
	enum front of;
	int root;
	struct report *report;
	struct fault *fault;
	int n;
};

/* chattr(1) goes by name: through the descriptor of the folder, which no link leads away from. */
static void unlock(int dir, const char *name)
{
	char path[40 + COPIES_PATH];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/.", dir);
	unlock_file(path);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir, name);
	unlock_file(path);
}

static int make_link(int dir, const char *name, const struct copy *c)
{
	_free_ char *to = strndup(c->data, c->len);

	if (!to)
		return -ENOMEM;
	(void)unlinkat(dir, name, 0);
	return symlinkat(to, dir, name) < 0 ? -errno : 0;
}

/* What says nothing is nobody's word. */
static int make_way(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return S_ISREG(st.st_mode) && !st.st_size ? 0 : folder_set_aside(dir, name, NULL);
}

/* It is made beside first: on a full disk what is there stays. */
static int put_at(int dir, const char *name, const struct copy *c)
{
	char beside[NAME_MAX + 1];
	int n = snprintf(beside, sizeof(beside), ".%s.put-back", name), r;

	if (n < 0 || (size_t)n >= sizeof(beside))
		return -ENAMETOOLONG;
	r = c->link ? make_link(dir, beside, c) : io_replace(dir, beside, c->data, c->len, c->mode);
	if (r == 0)
		r = make_way(dir, name);
	if (r == 0 && (renameat(dir, beside, dir, name) < 0 || fsync(dir) < 0))
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, beside, 0);
	return r;
}

static int put_copy(struct putting *p, const struct copy *c)
{
	const char *name;
	_close_ int dir = folder_of(p->root, c->path, true, &name);
	int r = dir < 0 ? dir : 0;

	if (r == 0) {
		unlock(dir, name);
		r = put_at(dir, name, c);
	}
	if (r < 0)
		return fault_set(p->fault, r, "cannot put /%s back: %s", c->path, strerror(-r));
	report_line(p->report, "  put back: /", c->path);
	p->n++;
	return 0;
}

static bool is_copied(const struct copies *c, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < c->n; i++)
		if (!strncmp(c->rows[i].path, path, len) &&
		    (!c->rows[i].path[len] || c->rows[i].path[len] == '/'))
			return true;
	return false;
}

/* A folder with nothing in it, all the way down, but other such folders and hidden files. */
static bool is_bare(int dir, const char *name, unsigned depth)
{
	_close_ int fd = folder_open(dir, name);
	struct dirent **names;
	int n = fd < 0 || depth == SWEEP_DEPTH ? -1 : scandirat(fd, ".", &names, NULL, NULL);
	bool bare = n >= 0;

	for (int i = 0; i < n; i++) {
		bare = bare &&
		       (*names[i]->d_name == '.' || is_bare(fd, names[i]->d_name, depth + 1));
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return bare;
}

static int sweep_away(struct putting *p, int dir, const char *name, const char *path)
{
	int r;

	unlock(dir, name);
	r = folder_set_aside(dir, name, NULL);
	if (r < 0)
		return fault_set(p->fault, r, "cannot set /%s aside: %s", path, strerror(-r));
	report_line(p->report, "  set aside: /", path);
	p->n++;
	return 0;
}

static int sweep(struct putting *p, int dir, const char *folder, unsigned depth);

static int sweep_entry(struct putting *p, int dir, const char *name, const char *folder,
		       unsigned depth)
{
	char path[COPIES_PATH + 256];
	_close_ int fd = -1;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (*name == '.' || is_bare(dir, name, depth))
		return 0;
	if (!is_copied(p->copies, path))
		return sweep_away(p, dir, name, path);
	fd = depth < SWEEP_DEPTH ? folder_open(dir, name) : -1;
	return fd < 0 ? 0 : sweep(p, fd, path, depth + 1);
}

/* Each folder is read whole, before any of its names is changed. */
static int sweep(struct putting *p, int dir, const char *folder, unsigned depth)
{
	struct dirent **names;
	int n = scandirat(dir, ".", &names, NULL, alphasort), r = 0;

	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = sweep_entry(p, dir, names[i]->d_name, folder, depth);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return r;
}

static int sweep_places(struct putting *p)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < copies_places_n; i++) {
		const struct copies_place *at = &copies_places[i];
		const char *name;
		_close_ int dir = -1, fd = -1;

		if (at->of != p->of || !at->folder || !is_copied(p->copies, at->path))
			continue;
		dir = folder_of(p->root, at->path, false, &name);
		fd = dir < 0 ? -1 : folder_open(dir, name);
		r = fd < 0 ? 0 : sweep(p, fd, at->path, 0);
	}
	return r;
}

int copies_put_back(const struct copies *c, enum front of, int root, bool all,
		    struct report *report, struct fault *fault)
{
	struct putting p = { c, of, root, report, fault, 0 };
	const bool reset = copies_reset(c, root);
	int r = all ? sweep_places(&p) : 0;

	for (size_t i = 0; r == 0 && i < c->n; i++) {
		const struct copy *one = &c->rows[i];

		if (copies_place_of(one->path)->of == of &&
		    (all ? !copy_is_same(one, root) : copy_is_gone(one, root, reset)))
			r = put_copy(&p, one);
	}
	return r < 0 ? r : p.n;
}
