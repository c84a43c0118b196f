/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/io.h"
#include "tests/unit/test.h"

/* A file of the sources, found from where this header was compiled; the caller frees it. */
static inline char *source_read(const char *below, const char *name, size_t *len)
{
	const int top = (int)(strlen(__FILE__) - strlen("tests/unit/doc.h"));
	char path[PATH_MAX];
	char *text = NULL;

	snprintf(path, sizeof(path), "%.*s%s/%s", top, __FILE__, below, name);
	if (io_read(AT_FDCWD, path, 1 << 20, &text, len) < 0)
		fail_msg("%s cannot be read", path);
	return text;
}

/* The same of docs/. */
static inline char *doc_read(const char *name, size_t *len)
{
	return source_read("docs", name, len);
}
