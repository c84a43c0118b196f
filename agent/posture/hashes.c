// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/hashes.h"
#include "agent/posture/rpm.h"

#define LIST_MAX (1024 * 1024)
#define LIST_END 5 /* ".list" */
#define INFO	 "var/lib/dpkg/info"

static int of_dpkg(int root, const char *package, char **ret)
{
	_free_ char *text = NULL;
	char path[160];
	size_t len;
	int r;

	snprintf(path, sizeof(path), INFO "/%s.md5sums", package);
	r = io_read(root, path, LIST_MAX, &text, &len);
	if (r == -ENOENT) {
		snprintf(path, sizeof(path), INFO "/%s.list", package);
		return faccessat(root, path, F_OK, 0) == 0 ? -EBADMSG : r;
	}
	if (r < 0 || !*text)
		return -EBADMSG;
	*ret = take(text);
	return 0;
}

/* "libclamav12:amd64" is of the library libclamav. */
static bool is_of(const char *package, size_t len, const char *stem)
{
	size_t n = strlen(stem);

	return len < PROVIDER_TEXT_MAX && len > n && !strncmp(package, stem, n) &&
	       isdigit((unsigned char)package[n]);
}

static void add(struct texts *ret, const char *package, size_t len)
{
	if (ret->n < PROVIDER_ROWS)
		snprintf(ret->rows[ret->n++], PROVIDER_TEXT_MAX, "%.*s", (int)len, package);
}

static void packages_of_dpkg(int root, const char *stem, struct texts *ret)
{
	_dir_ DIR *dir = io_open_dir(root, INFO, 0);
	const struct dirent *e;

	while (dir && (e = readdir(dir))) {
		size_t len = strlen(e->d_name);

		if (len > LIST_END && !strcmp(e->d_name + len - LIST_END, ".list") &&
		    is_of(e->d_name, len - LIST_END, stem))
			add(ret, e->d_name, len - LIST_END);
	}
}

/* To open rpm's database costs some milliseconds and a megabyte; looks come every few seconds. */
static int ask_rpm(int root, const char *what, struct remembered *remembered,
		   int (*ask)(int root, const char *what, char **ret), char **ret)
{
	struct stat st;
	int r = rpm_written(root, &st);

	if (r == 0)
		r = remembered_list(remembered, what, &st, ret);
	if (r != -ENODATA)
		return r;
	r = ask(root, what, ret);
	if (r == 0 || r == -ENOENT)
		remembered_set_list(remembered, what, &st, r == 0 ? *ret : NULL);
	return r;
}

static int of_rpm(int root, const char *package, struct remembered *remembered, char **ret)
{
	return ask_rpm(root, package, remembered, rpm_hashes, ret);
}

static void packages_of_rpm(int root, const char *stem, struct remembered *remembered,
			    struct texts *ret)
{
	_free_ char *names = NULL;
	char pattern[PROVIDER_TEXT_MAX + 8], *rest;

	snprintf(pattern, sizeof(pattern), "%s[0-9]*", stem);
	if (ask_rpm(root, pattern, remembered, rpm_names, &names) < 0)
		return;
	for (char *n = strtok_r(names, "\n", &rest); n; n = strtok_r(NULL, "\n", &rest))
		add(ret, n, strlen(n));
}

int hashes_read(int root, const char *package, struct remembered *remembered, char **ret)
{
	int r = of_dpkg(root, package, ret);

	return r == -ENOENT ? of_rpm(root, package, remembered, ret) : r;
}

void hashes_packages(int root, const char *stem, struct remembered *remembered, struct texts *ret)
{
	packages_of_dpkg(root, stem, ret);
	packages_of_rpm(root, stem, remembered, ret);
}
