// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <mbedtls/md.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/posture/hashes.h"
#include "agent/posture/whole.h"

#define FILE_MAX (512 * 1024 * 1024) /* bytes: some seconds of a slow disk */
#define CHUNK	 (256 * 1024)
#define HEX_MAX	 (2 * MBEDTLS_MD_MAX_SIZE)

/* Which hash it is that has so many hexadecimal digits: dpkg has MD5 only. */
static const struct {
	size_t hex;
	mbedtls_md_type_t type;
} hashes[] = {
	{ 32, MBEDTLS_MD_MD5 },	   { 40, MBEDTLS_MD_SHA1 },   { 56, MBEDTLS_MD_SHA224 },
	{ 64, MBEDTLS_MD_SHA256 }, { 96, MBEDTLS_MD_SHA384 }, { 128, MBEDTLS_MD_SHA512 },
};

/* NULL: none is so long. */
static const mbedtls_md_info_t *hash_of(size_t hex)
{
	for (size_t i = 0; i < sizeof(hashes) / sizeof(*hashes); i++)
		if (hashes[i].hex == hex)
			return mbedtls_md_info_from_type(hashes[i].type);
	return NULL;
}

static int sum_file(int fd, const mbedtls_md_info_t *hash, mbedtls_md_context_t *md,
		    unsigned char sum[MBEDTLS_MD_MAX_SIZE])
{
	_free_ unsigned char *data = malloc(CHUNK);
	ssize_t n = 0;
	int r = data ? mbedtls_md_setup(md, hash, 0) : -ENOMEM;

	if (r == 0)
		r = mbedtls_md_starts(md);
	while (r == 0 && (n = read(fd, data, CHUNK)) > 0)
		r = mbedtls_md_update(md, data, (size_t)n);
	if (n < 0)
		return -errno;
	return r != 0 || mbedtls_md_finish(md, sum) != 0 ? -EIO : 0;
}

static int hash_file(int fd, const mbedtls_md_info_t *hash, char hex[HEX_MAX + 1])
{
	unsigned char sum[MBEDTLS_MD_MAX_SIZE];
	mbedtls_md_context_t md;
	int r;

	mbedtls_md_init(&md);
	r = sum_file(fd, hash, &md, sum);
	mbedtls_md_free(&md);
	for (size_t i = 0; r == 0 && i < mbedtls_md_get_size(hash); i++)
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
	char hex[HEX_MAX + 1];
	struct stat st;
	int r;

	if (fd < 0 && errno == EACCES)
		return fstatat(root, path, &st, 0) < 0 && errno == EACCES ? -EXDEV : -EACCES;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	r = remembered_file(remembered, &st, want);
	if (r >= 0)
		return r;
	if (st.st_size > FILE_MAX)
		return -EFBIG;
	if (!take_share((size_t)st.st_size, budget))
		return -EAGAIN;
	r = hash_file(fd, hash_of(strlen(want)), hex);
	if (r < 0)
		return r;
	r = !strcmp(hex, want);
	remembered_set_file(remembered, &st, want, r);
	return r;
}

/* "HASH  PATH" or "HASH *PATH": cut in two.  NULL: it is none. */
static char *cut_path(char *line)
{
	size_t n = strspn(line, "0123456789abcdef");
	char *path = line + n + 2;

	if (!hash_of(n) || line[n] != ' ' || !line[n + 1] || !strchr(" *", line[n + 1]) || !*path ||
	    *path == '/')
		return NULL;
	line[n] = '\0';
	return path;
}

static int judge_line(int root, char *line, struct remembered *remembered, size_t *budget,
		      char ret[120])
{
	const char *path = cut_path(line);
	int r;

	if (!path)
		return -EBADMSG;
	if (!strncmp(path, "usr/share/", 10))
		return 0;
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

int whole_look(int root, const char *package, struct remembered *remembered, size_t *budget,
	       char ret[120])
{
	_free_ char *text = NULL;
	int r = hashes_read(root, package, remembered, &text), worst = 0;
	char *rest, *line;

	*ret = '\0';
	if (r < 0)
		return r;
	for (line = strtok_r(text, "\n", &rest); line && worst != -EUCLEAN;
	     line = strtok_r(NULL, "\n", &rest)) {
		r = judge_line(root, line, remembered, budget, ret);
		if (badness(r) > badness(worst))
			worst = r;
	}
	return worst;
}

void whole_libraries(int root, const struct provider *p, struct remembered *remembered,
		     struct texts *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < p->libraries.n; i++)
		hashes_packages(root, p->libraries.rows[i], remembered, ret);
}
