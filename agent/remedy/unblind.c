// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/remedy/unblind.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/loose.h"
#include "agent/remedy/asides.h"
#include "agent/remedy/legible.h"

static int set_aside(const char *path, struct report *report)
{
	int r = asides_add(NULL, path, report);

	if (r < 0)
		report_line(report, "  cannot be set aside: ", path);
	return r;
}

/* With how many of that kind it was done. */
static int each_of(const struct provider *p, enum loose kind,
		   int (*mend)(const char *path, struct report *report), struct report *report)
{
	char folder[PROVIDER_TEXT_MAX], path[PROVIDER_TEXT_MAX + NAME_MAX + 1];
	_dir_ DIR *dir = NULL;
	const struct dirent *e;
	int n = 0;

	if (!loose_folder(p, folder))
		return 0;
	dir = io_open_dir(AT_FDCWD, folder, 0);
	while (dir && (e = readdir(dir))) {
		if (loose_judge(dirfd(dir), e->d_name) != kind)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		n += mend(path, report) > 0;
	}
	return n;
}

int unblind(const struct provider *p, struct report *report)
{
	return each_of(p, LOOSE_BLINDS, set_aside, report);
}

int disclose(const struct provider *p, struct report *report)
{
	return each_of(p, LOOSE_RETYPES, legible_to_all, report);
}
