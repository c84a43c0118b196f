/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Did any of these files change since?  By what stat(2) tells: nothing is opened or read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_FILES 12

struct trace {
	size_t n;
	struct {
		uint64_t device, inode, size;
		int64_t sec;
		long nsec;
		int err; /* -errno, when it could not be seen; 0 */
	} files[TRACE_FILES];
	uint64_t others; /* whatever else is to be compared: a digest */
};

/* As they are now; at most TRACE_FILES of n paths below the root. */
void trace_take(int root, const char *const *paths, size_t n, struct trace *ret);
/* A digest of what dnf and zypper have below a root: configuration, and which metadata. */
uint64_t trace_repositories(int root);
bool trace_same(const struct trace *a, const struct trace *b);
