// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mbedtls/md.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/whole.h"

#define LIST_MAX (1024 * 1024)
#define FILE_MAX (64 * 1024 * 1024)
#define MD5_HEX	 32
#define LIST_END 5 /* ".list" */

static int hash_file(int fd, size_t size, char hex[MD5_HEX + 1])
{
	const mbedtls_md_info_t *md5 = mbedtls_md_info_from_type(MBEDTLS_MD_MD5);
	_free_ char *data = NULL;
	unsigned char sum[MD5_HEX / 2];
	size_t len;
	int r = size > FILE_MAX ? -EFBIG : io_read_fd(fd, FILE_MAX, &data, &len);

	if (r < 0)
		return r;
	if (!md5 || mbedtls_md(md5, (const unsigned char *)data, len, sum) != 0)
		return -EIO;
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return 0;
}

/* 1 good, 0 bad, or -errno; -EAGAIN when the budget is spent. */
static int judge_file(int root, const char *path, const char *want, struct remembered *remembered,
		      size_t *budget)
{
	_close_ int fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char hex[MD5_HEX + 1];
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	r = remembered_file(remembered, &st);
	if (r >= 0)
		return r;
	if ((size_t)st.st_size > *budget)
		return -EAGAIN;
	*budget -= (size_t)st.st_size;
	r = hash_file(fd, (size_t)st.st_size, hex);
	if (r < 0)
		return r;
	r = !strcmp(hex, want);
	remembered_set_file(remembered, &st, r);
	return r;
}

static int judge_line(int root, char *line, struct remembered *remembered, size_t *budget,
		      char ret[120])
{
	char *path = line + MD5_HEX + 2;
	int r;

	if (strlen(line) < MD5_HEX + 3 || strncmp(line + MD5_HEX, "  ", 2) || *path == '/' ||
	    strspn(line, "0123456789abcdef") != MD5_HEX)
		return -EBADMSG;
	if (!strncmp(path, "usr/share/", 10))
		return 0;
	line[MD5_HEX] = '\0';
	r = judge_file(root, path, line, remembered, budget);
	if (r == 1)
		return 0;
	if (r != 0 && r != -ENOENT)
		return r == -EAGAIN ? r : 0; /* unreadable to us is not changed */
	snprintf(ret, 120, "/%.80s is %s", path, r ? "gone" : "not as it was packaged");
	return -EUCLEAN;
}

int whole_look(int root, const char *package, struct remembered *remembered, size_t *budget,
	       char ret[120])
{
	_free_ char *text = NULL;
	char path[160], *rest, *line;
	int r, later = 0;
	size_t len;

	snprintf(path, sizeof(path), "var/lib/dpkg/info/%s.md5sums", package);
	r = io_read(root, path, LIST_MAX, &text, &len);
	*ret = '\0';
	for (line = r == 0 ? strtok_r(text, "\n", &rest) : NULL; r == 0 && line;
	     line = strtok_r(NULL, "\n", &rest)) {
		r = judge_line(root, line, remembered, budget, ret);
		if (r == -EAGAIN)
			later = r, r = 0;
	}
	return r ? r : later;
}

/* "libclamav12:amd64.list" is of the library libclamav. */
static bool is_list_of(const char *file, const char *library)
{
	size_t n = strlen(library), len = strlen(file);

	return len < PROVIDER_TEXT_MAX && len > n + LIST_END && !strncmp(file, library, n) &&
	       isdigit((unsigned char)file[n]) && !strcmp(file + len - LIST_END, ".list");
}

void whole_libraries(int root, const struct provider *p, struct texts *ret)
{
	_dir_ DIR *dir = p->libraries.n ? io_open_dir(root, "var/lib/dpkg/info", 0) : NULL;
	const struct dirent *e;

	ret->n = 0;
	while (dir && (e = readdir(dir)))
		for (size_t i = 0; i < p->libraries.n && ret->n < PROVIDER_ROWS; i++)
			if (is_list_of(e->d_name, p->libraries.rows[i]))
				snprintf(ret->rows[ret->n++], PROVIDER_TEXT_MAX, "%.*s",
					 (int)(strlen(e->d_name) - LIST_END), e->d_name);
}
