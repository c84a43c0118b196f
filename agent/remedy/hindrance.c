// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/remedy/hindrance.h"

#define CONFIG	   "etc/dpkg/dpkg.cfg"
#define CONFIG_MAX (64 * 1024)

static bool hinders(const char *line)
{
	static const char *const options[] = { "no-act",      "dry-run", "simulate", "pre-invoke",
					       "post-invoke", "root",	 "instdir",  "admindir" };

	for (size_t i = 0; i < COUNT(options); i++) {
		size_t n = strlen(options[i]);

		if (!strncmp(line, options[i], n) && (!line[n] || strchr(" \t=", line[n])))
			return true;
	}
	return false;
}

static bool find_in(int root, const char *file, char ret[HINDRANCE_MAX])
{
	_free_ char *text = NULL;
	char *rest, *line;
	size_t len;

	if (io_read(root, file, CONFIG_MAX, &text, &len) < 0)
		return false;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		line += strspn(line, " \t");
		if (!hinders(line))
			continue;
		snprintf(ret, HINDRANCE_MAX, "/%.70s tells dpkg \"%.40s\", which may be why", file,
			 line);
		return true;
	}
	return false;
}

bool dpkg_hindrance(int root, char ret[HINDRANCE_MAX])
{
	_dir_ DIR *parts = io_open_dir(root, CONFIG ".d", 0);
	bool found = find_in(root, CONFIG, ret);
	const struct dirent *e;

	while (!found && parts && (e = readdir(parts))) {
		_free_ char *path = io_path(CONFIG ".d", e->d_name);

		found = path && find_in(root, path, ret);
	}
	return found;
}
