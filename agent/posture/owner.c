// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/inventory.h"
#include "agent/posture/owner.h"
#include "agent/posture/rpm.h"

#define DPKG_INFO "var/lib/dpkg/info"
#define LIST_MAX  (64ull * 1024 * 1024)
#define APK_MAX	  (256ull * 1024 * 1024)

struct search {
	struct owner *list;
	size_t n;
};

/* Packages of a merged /usr may still say /lib. */
static struct word settle(struct word path)
{
	static const char *const merged[] = { "/usr/lib", "/usr/bin/", "/usr/sbin/" };

	for (size_t i = 0; i < COUNT(merged); i++)
		if (path.len > strlen(merged[i]) && !memcmp(path.p, merged[i], strlen(merged[i])))
			return (struct word){ path.p + 4, path.len - 4 };
	return path;
}

/* "/lib/libz.so.1.2.13" up to "/lib/libz.so."; all of what is no library. */
static size_t stem(struct word path)
{
	const char *so = memmem(path.p, path.len, ".so.", 4);

	return so ? (size_t)(so + 4 - path.p) : path.len;
}

/* The very file counts more than one of the same stem, whichever comes first. */
static void compare(struct search *s, struct word path, struct word package)
{
	path = settle(path);
	for (size_t i = 0; i < s->n; i++) {
		struct owner *o = &s->list[i];
		struct word mine = settle((struct word){ o->path, strlen(o->path) });
		size_t same = stem(mine);
		bool exact = path.len == mine.len && !memcmp(path.p, mine.p, mine.len);

		if (!exact && (*o->package || same == mine.len || path.len <= same ||
			       memcmp(path.p, mine.p, same)))
			continue;
		snprintf(o->package, sizeof(o->package), "%.*s", (int)package.len, package.p);
	}
}

/* "libssl3:amd64.list" */
static bool cut_package(const char *file, struct word *ret)
{
	size_t len = strlen(file);

	if (len <= 5 || strcmp(file + len - 5, ".list"))
		return false;
	*ret = (struct word){ file, strcspn(file, ":") };
	if (ret->len == len)
		ret->len -= 5;
	return ret->len < OWNER_PACKAGE_MAX;
}

static void read_list(struct search *s, const char *text, size_t len, struct word package)
{
	const char *at = text, *end = text + len, *stop;

	for (; at < end; at = stop + 1) {
		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		compare(s, (struct word){ at, (size_t)(stop - at) }, package);
	}
}

static int search_dpkg(int root, struct search *s)
{
	_dir_ DIR *dir = io_open_dir(root, DPKG_INFO, 0);
	struct dirent *e;

	if (!dir)
		return -errno;
	while ((e = readdir(dir))) {
		_free_ char *text = NULL;
		struct word package;
		size_t len;

		if (cut_package(e->d_name, &package) &&
		    io_read(dirfd(dir), e->d_name, LIST_MAX, &text, &len) == 0)
			read_list(s, text, len, package);
	}
	return 0;
}

/* "P:" names the package, "F:" a folder of it, "R:" a file in that (apk's installed database). */
static int search_apk(int root, struct search *s)
{
	struct word package = { 0 }, folder = { 0 };
	_free_ char *text = NULL;
	const char *at, *end, *stop;
	size_t len;
	int r = io_read(root, APK_INSTALLED, APK_MAX, &text, &len);

	if (r < 0)
		return r;
	for (at = text, end = at + len; at < end; at = stop + 1) {
		char path[2 * OWNER_PATH_MAX];
		int n;

		stop = memchr(at, '\n', (size_t)(end - at));
		stop = stop ? stop : end;
		if (stop - at < 2 || at[1] != ':')
			continue;
		if (*at == 'P')
			package = (struct word){ at + 2, (size_t)(stop - at - 2) };
		if (*at == 'F')
			folder = (struct word){ at + 2, (size_t)(stop - at - 2) };
		if (*at != 'R' || folder.len > OWNER_PATH_MAX || stop - at > OWNER_PATH_MAX)
			continue;
		n = snprintf(path, sizeof(path), "/%.*s/%.*s", (int)folder.len, folder.p,
			     (int)(stop - at - 2), at + 2);
		if (n > 0 && (size_t)n < sizeof(path))
			compare(s, (struct word){ path, (size_t)n }, package);
	}
	return 0;
}

static int search_rpm(int root, struct search *s)
{
	struct stat st;
	int r = rpm_written(root, &st);

	for (size_t i = 0; i < s->n && r == 0; i++) {
		_free_ char *name = NULL;

		r = rpm_owner(root, s->list[i].path, &name);
		r = r == -ENOENT ? 0 : r;
		snprintf(s->list[i].package, OWNER_PACKAGE_MAX, "%s", name ? name : "");
	}
	return r;
}

int owners_find(int root, struct owner *list, size_t n)
{
	struct search s = { list, n };
	int r;

	for (size_t i = 0; i < n; i++)
		list[i].package[0] = '\0';
	r = search_dpkg(root, &s);
	if (r == -ENOENT)
		r = search_apk(root, &s);
	if (r == -ENOENT)
		r = search_rpm(root, &s);
	return r;
}
