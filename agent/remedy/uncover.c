// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/posture/unit.h"
#include "agent/posture/whole.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/uncover.h"

#define LIMIT_S	  60
#define DPKG_INFO "/var/lib/dpkg/info/"

/* "/usr/sbin/a-b" is usr-sbin-a\x2db.mount (systemd.unit(5), STRING ESCAPING). */
static void name_mount(const char *path, char *ret, size_t room)
{
	size_t n = 0;

	for (path++; *path && n + 5 < room; path++) {
		if (*path == '/')
			ret[n++] = '-';
		else if (isalnum((unsigned char)*path) || strchr(":_.", *path))
			ret[n++] = *path;
		else
			n += (size_t)snprintf(ret + n, room - n, "\\x%02x", (unsigned char)*path);
	}
	snprintf(ret + n, room - n, ".mount");
}

bool is_covered(int root, const char *path)
{
	struct statx st;

	return statx(root, path, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) == 0 &&
	       !S_ISDIR(st.stx_mode) && st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* The manager takes it away where it is: our own mounts are not the host's. */
static int uncover_file(const char *path, struct report *report)
{
	struct fault quiet = { 0 };
	char unit[4 * UNIT_PATH_MAX + 8];

	if (*path != '/' || !is_covered(AT_FDCWD, path))
		return 0;
	name_mount(path, unit, sizeof(unit));
	report_line(report, "+ taking away what is mounted over it: ", path);
	step_exec(SYSTEMCTL("stop", unit), LIMIT_S, report, &quiet);
	return 1;
}

static int uncover_rows(const char *before, const struct texts *rows, const char *behind,
			struct report *report)
{
	int n = 0;

	for (size_t i = 0; i < rows->n; i++) {
		char path[UNIT_PATH_MAX];

		snprintf(path, sizeof(path), "%s%s%s", before, rows->rows[i], behind);
		n += uncover_file(path, report);
	}
	return n;
}

/* Others' lists would have its files pass for as packaged, and dpkg fail. */
static int uncover_lists(const struct texts *packages, struct report *report)
{
	return uncover_rows(DPKG_INFO, packages, ".list", report) +
	       uncover_rows(DPKG_INFO, packages, ".md5sums", report);
}

static int uncover_unit(const struct provider_unit *u, struct report *report)
{
	int n = uncover_file(u->program, report);

	for (const struct unit_folder *f = unit_folders; f->path; f++) {
		char path[UNIT_PATH_MAX];

		snprintf(path, sizeof(path), "/%s/%s", f->path, u->name);
		n += uncover_file(path, report);
	}
	return n;
}

int uncover(const struct provider *p, struct report *report)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct texts libraries;
	int n = 0;

	for (size_t i = 0; i < p->n_units; i++)
		n += uncover_unit(&p->units[i], report);
	for (size_t i = 0; i < p->n_settings; i++)
		n += uncover_file(p->settings[i].file, report);
	n += uncover_rows("", &p->signatures.files, "", report);
	n += uncover_rows("", &p->signatures.base, "", report);
	whole_libraries(root, p, NULL, &libraries);
	return n + uncover_lists(&p->packages, report) + uncover_lists(&libraries, report);
}
