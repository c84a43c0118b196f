/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's root in a temporary folder: what a look sees is what a test put there. */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"

struct root {
	char path[32];
	int fd;
};

static inline int root_open(struct root *r)
{
	strcpy(r->path, "/tmp/lazaret-test.XXXXXX");
	r->fd = mkdtemp(r->path) ? open(r->path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	return r->fd < 0 ? -1 : 0;
}

static inline int root_unlink(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void root_close(struct root *r)
{
	if (r->fd < 0)
		return;
	close(r->fd);
	r->fd = -1;
	nftw(r->path, root_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file, with the folders above it. */
static inline int root_put(const struct root *r, const char *name, const void *data, size_t len)
{
	char folder[PATH_MAX];
	_close_ int fd = -1;

	snprintf(folder, sizeof(folder), "%s", name);
	for (char *slash = folder; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdirat(r->fd, folder, 0755);
	}
	fd = openat(r->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return fd < 0 ? -1 : io_write(fd, data, len);
}

/* Calls fn as a user who may not read what is root's alone: lazaretd may not, either. */
static inline int root_as_user(const struct root *r, int (*fn)(void *ctx), void *ctx)
{
	int err;

	if (chmod(r->path, 0755) < 0 || seteuid(65534) < 0)
		abort();
	err = fn(ctx);
	if (seteuid(0) < 0)
		abort();
	return err;
}

static inline void root_text(const struct root *r, const char *name, const char *text)
{
	if (root_put(r, name, text, strlen(text)) < 0)
		abort();
}
