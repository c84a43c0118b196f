// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/clerk/tail.h"

static ssize_t read_all(int fd, char *data, size_t room, off_t from)
{
	size_t n = 0;

	while (n < room) {
		ssize_t r = pread(fd, data + n, room - n, from + (off_t)n);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		if (!r)
			break;
		n += (size_t)r;
	}
	return (ssize_t)n;
}

char *tail_read(int root, const char *path)
{
	_close_ int fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_free_ char *text = malloc(TAIL_MAX + 1);
	struct stat st;
	ssize_t n;
	off_t from;
	char *line;

	if (!text || fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	from = st.st_size > TAIL_MAX ? st.st_size - TAIL_MAX : 0;
	n = read_all(fd, text, TAIL_MAX, from);
	if (n < 0)
		return NULL;
	text[n] = '\0';
	if (!from)
		return take(text);
	line = strchr(text, '\n');
	if (!line)
		return NULL;
	memmove(text, line + 1, strlen(line + 1) + 1);
	return take(text);
}
