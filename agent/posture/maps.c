// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "agent/posture/maps.h"

#define READ_ROOM 65536
#define GONE	  " (deleted)"

/* Where packages put code.  Others' deleted mappings are memory files, JIT caches and the like. */
static bool is_of_packages(const char *path, size_t len)
{
	static const char *const homes[] = { "/usr/", "/lib", "/bin/", "/sbin/", "/opt/" };
	static const char local[] = "/usr/local/";

	if (len >= sizeof(local) - 1 && !memcmp(path, local, sizeof(local) - 1))
		return false;
	for (size_t i = 0; i < COUNT(homes); i++)
		if (len > strlen(homes[i]) && !memcmp(path, homes[i], strlen(homes[i])))
			return true;
	return false;
}

/* "7f00-7f01 r-xp 00001000 fe:01 1234    /usr/lib/libz.so.1.2 (deleted)" */
static void read_line(const char *line, size_t len,
		      void (*each)(void *ctx, const char *path, size_t path_len), void *ctx)
{
	const size_t gone = strlen(GONE);
	const char *perms, *path;

	/* The end first: of nearly all lines nothing else is worth reading. */
	if (len < gone || len > MAPS_LINE_MAX || memcmp(line + len - gone, GONE, gone))
		return;
	len -= gone;
	perms = memchr(line, ' ', len);
	path = memchr(line, '/', len);
	if (!perms || !path || path - perms < 5 || perms[3] != 'x')
		return;
	len -= (size_t)(path - line);
	if (is_of_packages(path, len))
		each(ctx, path, len);
}

size_t maps_each(const char *text, size_t len,
		 void (*each)(void *ctx, const char *path, size_t path_len), void *ctx)
{
	const char *at = text, *end = text + len, *stop;

	while (at < end && (stop = memchr(at, '\n', (size_t)(end - at)))) {
		read_line(at, (size_t)(stop - at), each, ctx);
		at = stop + 1;
	}
	return (size_t)(at - text);
}

/* Whether there is more of it to come. */
static size_t rest_of_line(const char *text, size_t len, bool *ret)
{
	const char *stop = memchr(text, '\n', len);

	*ret = !stop;
	return stop ? (size_t)(stop + 1 - text) : len;
}

static size_t cut(char *buf, size_t len, size_t n)
{
	memmove(buf, buf + n, len - n);
	return len - n;
}

int maps_read(int fd, size_t max, void (*each)(void *ctx, const char *path, size_t path_len),
	      void *ctx)
{
	char buf[READ_ROOM];
	size_t kept = 0, sum = 0;
	bool skips = false; /* the rest of a line that was too long */
	ssize_t n;

	_Static_assert(READ_ROOM > 2 * MAPS_LINE_MAX, "a line fits beside another");
	while ((n = read(fd, buf + kept, sizeof(buf) - kept)) > 0) {
		sum += (size_t)n;
		kept += (size_t)n;
		if (sum > max)
			return -EFBIG;
		if (skips)
			kept = cut(buf, kept, rest_of_line(buf, kept, &skips));
		kept = cut(buf, kept, maps_each(buf, kept, each, ctx));
		if (kept > MAPS_LINE_MAX) {
			skips = true;
			kept = 0;
		}
	}
	return n < 0 ? -errno : 0;
}
