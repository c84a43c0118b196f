// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <systemd/sd-event.h>

#include "agent/base/array.h"
#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/trigger/burst.h"
#include "agent/trigger/files.h"
#include "agent/trigger/settle.h"

#define ROWS_MAX  512
#define MARKS_MAX 8192
#define DEEP_MAX  256 /* folders in one folder */

#define NAMES (IN_CREATE | IN_DELETE | IN_MOVE | IN_ONLYDIR)
/* A link is a file of its own; where it leads does not count (mask: /dev/null). */
#define ITSELF                                                                      \
	(IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVE | \
	 IN_DELETE_SELF | IN_MOVE_SELF | IN_DONT_FOLLOW)
#define INSIDE (IN_CLOSE_WRITE | NAMES | IN_DONT_FOLLOW)

struct row {
	char *path; /* below the root, without a slash before it */
	bool deep, moved;
	unsigned what;
};

/* One inode may be watched for many rows. */
struct mark {
	int wd;
	unsigned short row;
	unsigned short part; /* one more than where the next name begins in the path; 0: itself */
	bool stale;
};

struct files {
	sd_event_source *io;
	struct burst *burst;
	int fd, root;
	int err; /* of the last try to follow; 0 or -errno */
	struct row rows[ROWS_MAX];
	size_t n_rows;
	struct mark *marks;
	size_t n_marks, room;
	unsigned what; /* not told yet */
	files_changed changed;
	void *ctx;
};

DEFINE_DROP(files, files_free)

static int add_mark(struct files *f, int wd, size_t row, size_t part)
{
	struct mark *p;

	if (f->n_marks == MARKS_MAX)
		return -ENOSPC;
	p = array_grow(f->marks, f->n_marks, &f->room, sizeof(*p));
	if (!p)
		return -ENOMEM;
	f->marks = p;
	f->marks[f->n_marks++] =
		(struct mark){ .wd = wd, .row = (unsigned short)row, .part = (unsigned short)part };
	return 0;
}

/* The first `len` bytes of the path; 1 when there is such a file, 0 when not. */
static int watch_part(struct files *f, size_t row, const char *path, size_t len, uint32_t mask,
		      size_t part)
{
	char at[PATH_MAX];
	int wd, r;

	if (snprintf(at, sizeof(at), "/proc/self/fd/%d/%.*s", f->root, (int)len, path) >=
	    (int)sizeof(at))
		return -ENAMETOOLONG;
	wd = inotify_add_watch(f->fd, at, mask | IN_MASK_ADD);
	if (wd < 0)
		return errno == ENOSPC || errno == ENOMEM ? -errno : 0;
	r = add_mark(f, wd, row, part);
	return r < 0 ? r : 1;
}

static int watch_inside(struct files *f, size_t row)
{
	const char *path = f->rows[row].path;
	_dir_ DIR *dir = io_open_dir(f->root, path, 0);
	struct dirent *e;
	int r = 0;

	for (unsigned n = 0; dir && r >= 0 && n < DEEP_MAX && (e = readdir(dir));) {
		char one[PATH_MAX];

		if (e->d_name[0] == '.' || (e->d_type != DT_DIR && e->d_type != DT_UNKNOWN))
			continue;
		snprintf(one, sizeof(one), "%s/%s", path, e->d_name);
		r = watch_part(f, row, one, strlen(one), INSIDE, 0);
		n++;
	}
	return r < 0 ? r : 0;
}

/* Every folder on the way for the next name, then the file itself. */
static int watch_row(struct files *f, size_t row)
{
	const char *path = f->rows[row].path, *slash = path;
	int r = watch_part(f, row, path, 0, NAMES, 1);

	while (r > 0 && (slash = strchr(slash, '/'))) {
		r = watch_part(f, row, path, (size_t)(slash - path), NAMES,
			       (size_t)(slash - path) + 2);
		slash++;
	}
	if (r > 0)
		r = watch_part(f, row, path, strlen(path), ITSELF, 0);
	if (r > 0 && f->rows[row].deep)
		r = watch_inside(f, row);
	return r < 0 ? r : 0;
}

static bool is_used(const struct files *f, int wd)
{
	for (size_t i = 0; i < f->n_marks; i++)
		if (f->marks[i].wd == wd && !f->marks[i].stale)
			return true;
	return false;
}

static void sweep(struct files *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_marks; i++)
		if (f->marks[i].stale && !is_used(f, f->marks[i].wd))
			inotify_rm_watch(f->fd, f->marks[i].wd);
	for (size_t i = 0; i < f->n_marks; i++)
		if (!f->marks[i].stale)
			f->marks[n++] = f->marks[i];
	f->n_marks = n;
}

/* New marks before the old ones go, so that nothing is missed between. */
static int follow(struct files *f)
{
	bool any = false;
	int r = 0;

	for (size_t row = 0; row < f->n_rows && r == 0; row++) {
		size_t before = f->n_marks;

		if (!f->rows[row].moved)
			continue;
		any = true;
		for (size_t i = 0; i < before; i++)
			f->marks[i].stale |= f->marks[i].row == row;
		r = watch_row(f, row);
		f->rows[row].moved = r < 0; /* tried again with the next event */
	}
	if (any)
		sweep(f);
	return r;
}

static bool is_next_name(const struct row *row, const struct mark *m, const char *name)
{
	const char *part = row->path + m->part - 1;
	size_t len = strcspn(part, "/");

	return !strncmp(part, name, len) && !name[len];
}

/* True when the event is one of this mark's; the way to the file is then another, perhaps. */
static bool take_mark(struct files *f, const struct mark *m, const struct inotify_event *e)
{
	struct row *row = &f->rows[m->row];

	if (m->part) {
		if (!e->len || !is_next_name(row, m, e->name))
			return false;
		row->moved = true;
		return true;
	}
	row->moved |= e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED) ||
		      (row->deep && e->mask & IN_ISDIR && e->mask & (IN_CREATE | IN_MOVED_TO));
	return !(e->mask & IN_IGNORED);
}

static void take_event(struct files *f, const struct inotify_event *e)
{
	for (size_t i = 0; i < f->n_marks; i++)
		if (f->marks[i].wd == e->wd && take_mark(f, &f->marks[i], e))
			f->what |= f->rows[f->marks[i].row].what;
	if (e->mask & IN_Q_OVERFLOW)
		for (size_t i = 0; i < f->n_rows; i++) {
			f->rows[i].moved = true;
			f->what |= f->rows[i].what;
		}
}

static int on_inotify(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct files *f = userdata;
	ssize_t n;
	int r;

	(void)s, (void)revents;
	for (;;) {
		_Alignas(struct inotify_event) char buf[4096];

		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *e = (const void *)(buf + at);

			take_event(f, e);
			at += (ssize_t)(sizeof(*e) + e->len);
		}
	}
	r = follow(f);
	if (r < 0 && r != f->err)
		log_warn("not all files can be watched: %s; they are looked at from time to time",
			 strerror(-r));
	f->err = r;
	if (f->what)
		burst_note(f->burst);
	return 0;
}

static void on_settled(void *ctx)
{
	struct files *f = ctx;
	unsigned what = f->what;

	f->what = 0;
	f->changed(f->ctx, what);
}

bool files_changing(const struct files *f)
{
	return f->what != 0;
}

int files_watch(struct files *f, const char *path, bool deep, unsigned what)
{
	char *copy;

	for (size_t i = 0; i < f->n_rows; i++)
		if (!strcmp(f->rows[i].path, path) && f->rows[i].deep == deep) {
			f->rows[i].what |= what;
			return 0;
		}
	if (f->n_rows == ROWS_MAX)
		return -ENOSPC;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	f->rows[f->n_rows] = (struct row){ .path = copy, .deep = deep, .what = what };
	return watch_row(f, f->n_rows++);
}

void files_forget(struct files *f)
{
	for (size_t i = 0; i < f->n_marks; i++)
		f->marks[i].stale = true;
	sweep(f);
	for (size_t i = 0; i < f->n_rows; i++)
		free(f->rows[i].path);
	f->n_rows = 0;
}

int files_new(sd_event *loop, int root, files_changed changed, void *ctx, struct files **ret)
{
	_drop_(drop_files) struct files *f = calloc(1, sizeof(*f));
	int r;

	if (!f)
		return -ENOMEM;
	f->root = root;
	f->changed = changed;
	f->ctx = ctx;
	f->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (f->fd < 0)
		return -errno;
	r = burst_new(loop, &settle_files, on_settled, f, &f->burst);
	if (r >= 0)
		r = sd_event_add_io(loop, &f->io, f->fd, EPOLLIN, on_inotify, f);
	if (r < 0)
		return r;
	*ret = take(f);
	return 0;
}

struct files *files_free(struct files *f)
{
	if (f) {
		files_forget(f);
		sd_event_source_disable_unref(f->io);
		burst_free(f->burst);
		if (f->fd >= 0)
			close(f->fd);
		free(f->marks);
		free(f);
	}
	return NULL;
}
