// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/remedy/unblind.h"

#include <fcntl.h>
#include <stdio.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/loose.h"
#include "agent/remedy/asides.h"

int unblind(const struct provider *p, struct report *report)
{
	char folder[PROVIDER_TEXT_MAX], path[ASIDE_PATH];
	_dir_ DIR *dir = NULL;
	const struct dirent *e;
	int n = 0;

	if (!loose_folder(p, folder))
		return 0;
	dir = io_open_dir(AT_FDCWD, folder, 0);
	while (dir && (e = readdir(dir))) {
		int r;

		if (loose_judge(dirfd(dir), e->d_name) != LOOSE_BLINDS ||
		    snprintf(path, sizeof(path), "%s/%s", folder, e->d_name) >= (int)sizeof(path))
			continue;
		r = asides_add(NULL, path, report);
		if (r < 0)
			report_line(report, "  cannot be set aside: ", path);
		n += r > 0;
	}
	return n;
}
