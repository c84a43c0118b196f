// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/repocache.h"

#define HASH_HEX 16

struct caches {
	int fd;
	struct dirent **names;
	int n;
};

struct repocache {
	bool zypp;
	struct caches rows[2];
};

static void list(int root, const char *path, struct caches *ret)
{
	ret->n = 0;
	ret->fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (ret->fd >= 0)
		ret->n = scandirat(ret->fd, ".", &ret->names, NULL, alphasort);
}

int repocache_open(int root, bool zypp, struct repocache **ret)
{
	struct repocache *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->zypp = zypp;
	c->rows[1].fd = -1;
	list(root, zypp ? ZYPP_CACHE : DNF_CACHE, &c->rows[0]);
	if (!zypp)
		list(root, DNF5_CACHE, &c->rows[1]);
	*ret = c;
	return 0;
}

struct repocache *repocache_close(struct repocache *c)
{
	for (size_t i = 0; c && i < 2; i++) {
		for (int k = 0; k < c->rows[i].n; k++)
			free(c->rows[i].names[k]);
		if (c->rows[i].n >= 0)
			free(c->rows[i].names);
		if (c->rows[i].fd >= 0)
			close(c->rows[i].fd);
	}
	free(c);
	return NULL;
}

/* "updates-2cda1d5a8b4c9e01" is of "updates"; zypper has no hash, and '_' for what is no name. */
static bool is_of(const struct repocache *c, const char *folder, const char *id)
{
	size_t n = strlen(id);

	if (c->zypp) {
		for (; *id && (*folder == *id || (*id == '/' && *folder == '_')); id++)
			folder++;
		return !*id && !*folder;
	}
	return !strncmp(folder, id, n) && folder[n] == '-' && strlen(folder + n + 1) == HASH_HEX &&
	       strspn(folder + n + 1, "0123456789abcdef") == HASH_HEX;
}

/* The later one of two; what cannot be read is the answer only when nothing can. */
static int take_later(int at, const char *name, int err, int *folder, struct repomd *ret,
		      struct fault *fault)
{
	_close_ int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct fault why = { 0 };
	struct repomd md;
	int r = fd < 0 ? -errno : repomd_read(fd, &md, &why);

	if (r < 0) {
		if (err == 0 || r == -ENOENT || r == -ENOTDIR)
			return err;
		*fault = why;
		return r;
	}
	if (err == 0 && md.updated <= ret->updated)
		return 0;
	if (*folder >= 0)
		close(*folder);
	*folder = take_fd(&fd);
	*ret = md;
	return 0;
}

int repocache_find(const struct repocache *c, const char *id, int *folder, struct repomd *ret,
		   struct fault *fault)
{
	struct fault why = { 0 };
	int fd = -1, r = -ENOENT;

	for (size_t i = 0; i < 2; i++)
		for (int k = 0; k < c->rows[i].n; k++) {
			const char *name = c->rows[i].names[k]->d_name;

			if (is_of(c, name, id))
				r = take_later(c->rows[i].fd, name, r, &fd, ret, &why);
		}
	if (r < 0)
		return fault_set(fault, r, "%s", why.why[0] ? why.why : "was never fetched");
	*folder = fd;
	return 0;
}
