// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/overrides.h"

#define PATH_ROOM 512

/* What outranks the packages' /usr/lib. */
static const char *const folders[] = {
	"/etc/systemd/system.control", "/run/systemd/system.control", "/run/systemd/transient",
	"/etc/systemd/system",	       "/run/systemd/system",
};

static void drop_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int set_aside(const char *path, struct report *report, struct fault *fault)
{
	char aside[PATH_ROOM + 16];
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	snprintf(aside, sizeof(aside), "%s.set-aside", path);
	if (rename(path, aside) < 0)
		return fault_set(fault, -errno, "cannot set %s aside: %s", path, strerror(errno));
	report_line(report, "  set aside ", path);
	return 0;
}

static bool is_drop_in(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcmp(dot, ".conf");
}

static int set_drop_ins_aside(const char *folder, const char *keep, struct report *report,
			      struct fault *fault)
{
	_drop_(drop_dir) DIR *dir = opendir(folder);
	struct dirent *e;
	int r = 0;

	while (r == 0 && dir && (e = readdir(dir))) {
		char path[PATH_ROOM];

		if (!is_drop_in(e->d_name) || !strcmp(e->d_name, keep))
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", folder, e->d_name) >= (int)sizeof(path))
			return fault_set(fault, -ENAMETOOLONG, "%s/%s: too long a name", folder,
					 e->d_name);
		r = set_aside(path, report, fault);
	}
	return r;
}

int overrides_set_aside(const char *unit, const char *keep, struct report *report,
			struct fault *fault)
{
	char path[PATH_ROOM];
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, sizeof(path), "%s/%s", folders[i], unit);
		r = set_aside(path, report, fault);
		if (r < 0)
			return r;
		snprintf(path, sizeof(path), "%s/%s.d", folders[i], unit);
		r = set_drop_ins_aside(path, keep, report, fault);
	}
	return r;
}
