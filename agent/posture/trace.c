// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/posture/trace.h"

void trace_take(int root, const char *const *paths, size_t n, struct trace *ret)
{
	struct stat st;

	/* Compared as bytes. */
	memset(ret, 0, sizeof(*ret));
	for (; ret->n < n && ret->n < TRACE_FILES; ret->n++) {
		typeof(ret->files[0]) *f = &ret->files[ret->n];

		if (fstatat(root, paths[ret->n], &st, 0) < 0) {
			f->err = -errno;
			continue;
		}
		f->device = st.st_dev;
		f->inode = st.st_ino;
		f->size = (uint64_t)st.st_size;
		f->sec = st.st_mtim.tv_sec;
		f->nsec = st.st_mtim.tv_nsec;
	}
}

bool trace_same(const struct trace *a, const struct trace *b)
{
	return !memcmp(a, b, sizeof(*a));
}
