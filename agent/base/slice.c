// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/slice.h"

/* cgroups(7): the line of version 2 begins with "0::". */
static const char *line_of_v2(const char *text)
{
	while (text && strncmp(text, "0::/", 4)) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text ? text + 3 : NULL;
}

int slice_read(const char *text, char *path, size_t room, uint32_t *level)
{
	const char *own = line_of_v2(text), *end = NULL;
	uint32_t depth = 0, found = 0;
	size_t len;

	if (!own)
		return -ENOENT;
	for (const char *p = own; *p == '/'; p += len) {
		len = 1 + strcspn(p + 1, "/\n");
		depth++;
		if (len == sizeof("/" SLICE_NAME) - 1 && !strncmp(p, "/" SLICE_NAME, len)) {
			end = p + len;
			found = depth;
		}
	}
	if (!end)
		return -ENOENT;
	len = (size_t)(end - own);
	if (len >= room)
		return -ENAMETOOLONG;
	memcpy(path, own, len);
	path[len] = '\0';
	*level = found;
	return 0;
}
