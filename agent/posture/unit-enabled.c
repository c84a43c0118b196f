// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether systemd would start a unit at boot. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/ini.h"
#include "agent/base/io.h"
#include "agent/posture/unit.h"

/* What wants a unit: "multi-user.target". */
struct want {
	const char *by;
	bool yes;
};

static int on_install(void *ctx, const struct ini_line *l, struct fault *fault)
{
	struct want *w = ctx;
	const char *at;
	size_t n;

	(void)fault;
	if (strcmp(l->key, "WantedBy") && strcmp(l->key, "RequiredBy"))
		return 0;
	for (at = l->value; *at && !w->yes; at += n) {
		at += strspn(at, " \t");
		n = strcspn(at, " \t");
		w->yes = n && n == strlen(w->by) && !strncmp(at, w->by, n);
	}
	return 0;
}

/* A link of a target that nothing reaches starts nothing. */
static bool is_reached(const char *folder, const char *fragment)
{
	static const char *const at_boot[] = { "default.target",    "graphical.target",
					       "multi-user.target", "basic.target",
					       "sysinit.target",    "local-fs.target",
					       "sockets.target",    "timers.target",
					       "paths.target" };
	_free_ char *text = strdup(fragment), *by = strdup(folder);
	struct want w = { .by = by };

	if (!text || !by)
		return false;
	*strrchr(by, '.') = '\0';
	for (size_t i = 0; i < COUNT(at_boot); i++)
		if (!strcmp(by, at_boot[i]))
			return true;
	ini_parse(INI_SYSTEMD, text, strlen(text), on_install, &w, NULL);
	return w.yes;
}

bool unit_link_counts(int root, const char *path)
{
	struct stat st;

	if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(st.st_mode))
		return false;
	if (fstatat(root, path, &st, 0) < 0) /* only its own name counts, wherever it leads */
		return errno != EACCES;
	return !S_ISCHR(st.st_mode) && (!S_ISREG(st.st_mode) || st.st_size > 0);
}

/* The folder of the highest rank that has the name decides, and one nobody can see into may. */
static bool is_in_effect(int root, const char *wants, const char *name)
{
	for (const struct unit_folder *f = unit_folders; f->path; f++) {
		char path[2 * UNIT_PATH_MAX + 256];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s/%s", f->path, wants, name);
		if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return unit_link_counts(root, path);
		if (errno == EACCES)
			return false;
	}
	return false;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && !strcmp(text + n - m, end);
}

static bool is_linked(int root, const char *folder, const char *name, const char *fragment)
{
	_dir_ DIR *dir = io_open_dir(root, folder, 0);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char link[UNIT_PATH_MAX + 256];
		struct stat st;

		if (!ends_with(e->d_name, ".wants") && !ends_with(e->d_name, ".requires"))
			continue;
		snprintf(link, sizeof(link), "%s/%s", e->d_name, name);
		if (fstatat(dirfd(dir), link, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    is_reached(e->d_name, fragment) && is_in_effect(root, e->d_name, name))
			return true;
	}
	return false;
}

bool unit_is_enabled(int root, const char *name, const char *fragment)
{
	static const char *const folders[] = { "etc/systemd/system", "usr/lib/systemd/system",
					       "lib/systemd/system" };
	_free_ char *text = NULL;
	size_t len;
	bool readable = io_read(root, fragment, INI_FILE_MAX, &text, &len) == 0;

	for (size_t i = 0; i < COUNT(folders); i++)
		if (is_linked(root, folders[i], name, readable ? text : ""))
			return true;
	return readable && !strstr(text, "[Install]");
}
