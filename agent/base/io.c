// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"

#define CHUNK 4096

static int grow(char **buf, size_t *room, size_t max)
{
	size_t want = *room ? *room * 2 : CHUNK;
	char *p;

	if (want > max + 1)
		want = max + 1;
	p = realloc(*buf, want + 1);
	if (!p)
		return -ENOMEM;
	*buf = p;
	*room = want;
	return 0;
}

int io_read_fd(int fd, size_t max, char **ret, size_t *len)
{
	_free_ char *buf = NULL;
	size_t room = 0, n = 0;

	if (lseek(fd, 0, SEEK_SET) < 0 && errno != ESPIPE)
		return -errno;
	for (;;) {
		ssize_t got;
		int r;

		if (n == room) {
			r = grow(&buf, &room, max);
			if (r < 0)
				return r;
		}
		got = read(fd, buf + n, room - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
		if (n > max)
			return -EFBIG;
	}
	buf[n] = '\0';
	*len = n;
	*ret = take(buf);
	return 0;
}

int io_read(int dir, const char *name, size_t max, char **ret, size_t *len)
{
	_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return io_read_fd(fd, max, ret, len);
}

DIR *io_open_dir(int dir, const char *name, int flags)
{
	_close_ int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	DIR *ret = fd < 0 ? NULL : fdopendir(fd);

	if (ret)
		take_fd(&fd);
	return ret;
}

char *io_path(const char *folder, const char *name)
{
	char *ret;

	return asprintf(&ret, "%s/%s", folder, name) < 0 ? NULL : ret;
}

int io_write(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* as NULL: whose it is stays open(2)'s matter. */
static int write_beside(int dir, const char *tmp, const void *data, size_t len, mode_t mode,
			const struct stat *as)
{
	_close_ int fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
				mode);
	int r;

	if (fd < 0)
		return -errno;
	r = io_write(fd, data, len);
	if (r == 0 && as && fchown(fd, as->st_uid, as->st_gid) < 0)
		r = -errno;
	if (r == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		r = -errno;
	return r;
}

/* A name may have folders before it; they are synced through the file's own directory. */
int io_sync_folder(int dir, const char *name)
{
	const char *slash = strrchr(name, '/');
	_free_ char *folder = slash ? strndup(name, (size_t)(slash - name)) : strdup(".");
	_close_ int fd = -1;

	if (!folder)
		return -ENOMEM;
	fd = openat(dir, *folder ? folder : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int replace(int dir, const char *name, const void *data, size_t len, mode_t mode,
		   const struct stat *as)
{
	_free_ char *tmp = NULL;
	int r;

	if (asprintf(&tmp, "%s.new", name) < 0) {
		tmp = NULL;
		return -ENOMEM;
	}
	r = write_beside(dir, tmp, data, len, mode, as);
	if (r == 0 && renameat(dir, tmp, dir, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(dir, tmp, 0);
		return r;
	}
	return io_sync_folder(dir, name);
}

int io_replace(int dir, const char *name, const void *data, size_t len, mode_t mode)
{
	return replace(dir, name, data, len, mode, NULL);
}

int io_replace_as(int dir, const char *name, const void *data, size_t len, const struct stat *as)
{
	return replace(dir, name, data, len, as->st_mode & 07777, as);
}

int64_t io_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec;
}

uint64_t io_boot_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t io_awake_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint32_t io_dice(void)
{
	uint32_t dice = 0;

	if (getrandom(&dice, sizeof(dice), GRND_NONBLOCK) != sizeof(dice))
		return 0;
	return dice;
}
