// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/io.h"
#include "agent/remedy/copies.h"
#include "agent/remedy/folder.h"
#include "policy/summed.h"

#define DEPTH 5

struct making {
	struct report *report;
	struct fault *fault;
	char *text; /* COPIES_MAX: what is in a row, its data beside it */
	size_t len, bytes, files;
};

static int add(struct making *m, const char *path, const char *kind, const char *data, size_t len)
{
	if (m->files == COPIES_FILES || m->bytes + len > COPIES_BYTES)
		return fault_set(m->fault, -EFBIG,
				 "there are more than %d files or %d MiB to keep, at /%s",
				 COPIES_FILES, COPIES_BYTES >> 20, path);
	m->len += (size_t)sprintf(m->text + m->len, "%s %zu %s\n", kind, len, path);
	memcpy(m->text + m->len, data, len);
	m->len += len;
	m->text[m->len++] = '\n';
	m->bytes += len;
	m->files++;
	return 0;
}

static int take_file(struct making *m, int dir, const char *name, const char *path)
{
	_close_ int fd = openat(dir, name,
				O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_free_ char *data = NULL;
	struct stat st;
	char mode[8];
	size_t len;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return fault_set(m->fault, -errno, "/%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fault_set(m->fault, -EBUSY, "/%s became something else", path);
	r = io_read_fd(fd, COPIES_BYTES, &data, &len);
	if (r < 0)
		return fault_set(m->fault, r, "/%s: %s", path, strerror(-r));
	snprintf(mode, sizeof(mode), "%o", st.st_mode & 0755u);
	return add(m, path, mode, data, len);
}

static int take_link(struct making *m, int dir, const char *name, const char *path)
{
	char to[COPIES_LINK + 1];
	ssize_t n = readlinkat(dir, name, to, sizeof(to));

	if (n < 0)
		return fault_set(m->fault, -errno, "/%s: %s", path, strerror(errno));
	if ((size_t)n == sizeof(to))
		return fault_set(m->fault, -ENAMETOOLONG, "/%s leads too far to be kept", path);
	return add(m, path, COPIES_IS_LINK, to, (size_t)n);
}

static int take_folder(struct making *m, int dir, const char *path, unsigned depth);

/* Hidden files are nobody's configuration: what we set aside, what editors leave. */
static int take_entry(struct making *m, int dir, const char *name, const char *folder,
		      unsigned depth)
{
	char path[COPIES_PATH];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

	if (*name == '.' || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (n < 0 || (size_t)n >= sizeof(path) || strpbrk(name, "\n"))
		return fault_set(m->fault, -ENAMETOOLONG, "/%.100s has a name that cannot be kept",
				 folder);
	if (S_ISREG(st.st_mode))
		return take_file(m, dir, name, path);
	if (S_ISLNK(st.st_mode))
		return take_link(m, dir, name, path);
	if (S_ISDIR(st.st_mode)) {
		_close_ int fd = folder_open(dir, name);

		return fd < 0 ? fault_set(m->fault, fd, "/%s: %s", path, strerror(-fd))
			      : take_folder(m, fd, path, depth + 1);
	}
	report_line(m->report, "  not kept, as it is no file: /", path);
	return 0;
}

static int take_folder(struct making *m, int dir, const char *path, unsigned depth)
{
	struct dirent **names;
	int n = depth < DEPTH ? scandirat(dir, ".", &names, NULL, alphasort) : -1, r = 0;

	if (depth == DEPTH)
		return fault_set(m->fault, -EFBIG, "/%s is more than %d folders deep", path, DEPTH);
	if (n < 0)
		return fault_set(m->fault, -errno, "/%s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = take_entry(m, dir, names[i]->d_name, path, depth);
		free(names[i]);
	}
	free(names);
	return r;
}

static int take_place(struct making *m, int root, const struct copies_place *p)
{
	_close_ int dir = -1;
	struct stat st;
	const char *name;

	dir = folder_of(root, p->path, false, &name);
	if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (!p->folder && S_ISREG(st.st_mode))
		return take_file(m, dir, name, p->path);
	if (!p->folder && S_ISLNK(st.st_mode))
		return take_link(m, dir, name, p->path);
	if (p->folder && S_ISDIR(st.st_mode)) {
		_close_ int fd = folder_open(dir, name);

		return fd < 0 ? fault_set(m->fault, fd, "/%s: %s", p->path, strerror(-fd))
			      : take_folder(m, fd, p->path, 0);
	}
	report_line(m->report, "  not kept, as it is not what it should be: /", p->path);
	return 0;
}

/* The head is as long as the numbers in it: it is written last, before the rest. */
static int finish(struct making *m, char **ret, size_t *len)
{
	char head[32];
	size_t n = (size_t)snprintf(head, sizeof(head), " %zu\n", m->files);
	char *text = malloc(SUMMED_HEAD + n + m->len + 1);
	int r;

	if (!text)
		return -ENOMEM;
	memcpy(text + SUMMED_HEAD, head, n);
	memcpy(text + SUMMED_HEAD + n, m->text, m->len);
	*len = SUMMED_HEAD + n + m->len;
	text[*len] = '\0';
	r = summed_seal(text, *len);
	if (r < 0)
		free(text);
	else
		*ret = text;
	return r;
}

int copies_make(int root, struct report *report, char **ret, size_t *len, struct fault *fault)
{
	_free_ char *text = malloc(COPIES_MAX);
	struct making m = { .report = report, .fault = fault, .text = text };
	int r = text ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < copies_places_n; i++)
		r = take_place(&m, root, &copies_places[i]);
	return r < 0 ? r : finish(&m, ret, len);
}
