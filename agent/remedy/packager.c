// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/remedy/package-locks.h"
#include "agent/remedy/packager.h"

#define TRIES	    3
#define ROOM_WANTED (256ull * 1024 * 1024)

/* As inventory_read() has them: a host that dpkg keeps may have dnf to make others' roots. */
static const struct packager *const packagers[] = { &packager_apt, &packager_dnf };

const struct packager *packager_find(struct fault *fault)
{
	for (size_t i = 0; i < COUNT(packagers); i++)
		if (access(packagers[i]->program, X_OK) == 0)
			return packagers[i];
	fault_set(fault, -ENOENT,
		  "this host has neither apt-get nor dnf, and no other package manager is called: "
		  "install what is missing by hand");
	return NULL;
}

int packager_run(const char *const *argv, unsigned limit_s, struct report *report,
		 struct fault *fault)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	for (int tries = 0; tries < TRIES; tries++) {
		struct fault own = { 0 };
		const char *path;

		r = package_locks_await(report, fault);
		if (r < 0)
			return r;
		r = step_exec(argv, limit_s, report, &own);
		if (r == 0)
			return 0;
		if (tries + 1 == TRIES || !package_locks_holder(root, &path))
			return fault_set(fault, r, "%s", own.why);
		report_line(report, "  (again) ", own.why);
	}
	return r;
}

void packager_unlock(const struct packager *with, const char *package, const char *arch,
		     struct report *report)
{
	size_t n = with->unlock(package, arch);
	char text[LINE_TEXT_MAX];

	if (!n)
		return;
	snprintf(text, sizeof(text), "%zu of %s", n, package);
	report_line(report, "+ unlocking (chattr -i): ", text);
}

bool packager_lacks_room(const char *folder)
{
	struct statvfs fs;

	return statvfs(folder, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < ROOM_WANTED;
}
