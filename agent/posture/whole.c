// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mbedtls/md.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/whole.h"

#define LIST_MAX (1024 * 1024)
#define FILE_MAX (512 * 1024 * 1024) /* bytes: some seconds of a slow disk */
#define CHUNK	 (256 * 1024)
#define MD5_HEX	 32
#define LIST_END 5 /* ".list" */

static int sum_file(int fd, mbedtls_md_context_t *md, unsigned char sum[MD5_HEX / 2])
{
	_free_ unsigned char *data = malloc(CHUNK);
	ssize_t n = 0;
	int r = data ? mbedtls_md_setup(md, mbedtls_md_info_from_type(MBEDTLS_MD_MD5), 0) : -ENOMEM;

	if (r == 0)
		r = mbedtls_md_starts(md);
	while (r == 0 && (n = read(fd, data, CHUNK)) > 0)
		r = mbedtls_md_update(md, data, (size_t)n);
	if (n < 0)
		return -errno;
	return r != 0 || mbedtls_md_finish(md, sum) != 0 ? -EIO : 0;
}

static int hash_file(int fd, char hex[MD5_HEX + 1])
{
	unsigned char sum[MD5_HEX / 2];
	mbedtls_md_context_t md;
	int r;

	mbedtls_md_init(&md);
	r = sum_file(fd, &md, sum);
	mbedtls_md_free(&md);
	for (size_t i = 0; r == 0 && i < sizeof(sum); i++)
		snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	return r;
}

/* A file that is larger than a look's share has a look of its own. */
static bool take_share(size_t size, size_t *budget)
{
	if (size > *budget && *budget < WHOLE_PER_LOOK)
		return false;
	*budget -= size > *budget ? *budget : size;
	return true;
}

/* 1 good, 0 bad, or -errno; -EAGAIN when the budget is spent. */
static int judge_file(int root, const char *path, const char *want, struct remembered *remembered,
		      size_t *budget)
{
	_close_ int fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char hex[MD5_HEX + 1];
	struct stat st;
	int r;

	if (fd < 0 && errno == EACCES)
		return fstatat(root, path, &st, 0) < 0 && errno == EACCES ? -EXDEV : -EACCES;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	r = remembered_file(remembered, &st);
	if (r >= 0)
		return r;
	if (st.st_size > FILE_MAX)
		return -EFBIG;
	if (!take_share((size_t)st.st_size, budget))
		return -EAGAIN;
	r = hash_file(fd, hex);
	if (r < 0)
		return r;
	r = !strcmp(hex, want);
	remembered_set_file(remembered, &st, r);
	return r;
}

static bool is_sum(const char *line)
{
	return strlen(line) > MD5_HEX + 2 && strspn(line, "0123456789abcdef") == MD5_HEX &&
	       line[MD5_HEX] == ' ' && strchr(" *", line[MD5_HEX + 1]) && line[MD5_HEX + 2] != '/';
}

static int judge_line(int root, char *line, struct remembered *remembered, size_t *budget,
		      char ret[120])
{
	char *path = line + MD5_HEX + 2;
	int r;

	if (!is_sum(line))
		return -EBADMSG;
	if (!strncmp(path, "usr/share/", 10))
		return 0;
	line[MD5_HEX] = '\0';
	r = judge_file(root, path, line, remembered, budget);
	if (r == 1)
		return 0;
	if (r == -EAGAIN || r == -EXDEV)
		return r;
	if (r == 0 || r == -ENOENT || r == -ENOTDIR) {
		snprintf(ret, 120, "/%.80s is %s", path, r ? "gone" : "not as it was packaged");
		return -EUCLEAN;
	}
	if (!*ret)
		snprintf(ret, 120, "/%.80s: %.30s", path, strerror(-r));
	return r;
}

/* What says more comes later. */
static int badness(int err)
{
	switch (err) {
	case 0: return 0;
	case -EXDEV: return 1;
	case -EAGAIN: return 2;
	case -EUCLEAN: return 4;
	}
	return 3;
}

static bool has_list(int root, const char *package)
{
	char path[160];

	snprintf(path, sizeof(path), "var/lib/dpkg/info/%s.list", package);
	return faccessat(root, path, F_OK, 0) == 0;
}

int whole_look(int root, const char *package, struct remembered *remembered, size_t *budget,
	       char ret[120])
{
	_free_ char *text = NULL;
	char path[160], *rest, *line;
	int r, worst = 0;
	size_t len;

	snprintf(path, sizeof(path), "var/lib/dpkg/info/%s.md5sums", package);
	r = io_read(root, path, LIST_MAX, &text, &len);
	*ret = '\0';
	if (r == -ENOENT)
		return has_list(root, package) ? -EBADMSG : r;
	if (r < 0 || !*text)
		return -EBADMSG;
	for (line = strtok_r(text, "\n", &rest); line && worst != -EUCLEAN;
	     line = strtok_r(NULL, "\n", &rest)) {
		r = judge_line(root, line, remembered, budget, ret);
		if (badness(r) > badness(worst))
			worst = r;
	}
	return worst;
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
