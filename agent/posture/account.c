// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/posture/account.h"

#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"

#define PASSWD_MAX (1024 * 1024)

/* 1, 0, or -errno. */
static int has_row(int root, const char *file, const char *name)
{
	_free_ char *text = NULL;
	size_t len, n = strlen(name);
	int r = io_read(root, file, PASSWD_MAX, &text, &len);
	const char *line, *end;

	if (r < 0)
		return r;
	for (line = text; *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		if (!strncmp(line, name, n) && line[n] == ':')
			return 1;
	}
	return 0;
}

int account_find(int root, const char *name)
{
	int r = has_row(root, "etc/passwd", name);

	return r == 1 || has_row(root, "usr/lib/passwd", name) == 1 ? 1 : r;
}
