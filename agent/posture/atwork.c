// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/posture/apt.h"
#include "agent/posture/atwork.h"
#include "agent/posture/dpkg.h"

struct work {
	const char *locks[2], *touches[2];
};

/* F_GETLK asks whether we could lock it, and takes nothing. */
static bool is_locked(int root, const char *path, int *err)
{
	_close_ int fd = openat(root, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	*err = fd < 0 && errno != ENOENT ? -errno : 0;
	return fd >= 0 && fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}

static int64_t touched(int root, const char *path)
{
	struct stat st;

	return fstatat(root, path, &st, 0) < 0 ? 0 : st.st_mtime;
}

static bool is_at_work(const struct work *w, int root, int64_t now)
{
	int64_t last = 0;
	int err = 0, hidden = 0;

	for (size_t i = 0; i < 2 && w->locks[i]; i++) {
		if (is_locked(root, w->locks[i], &err))
			return true;
		hidden = hidden < 0 ? hidden : err;
	}
	if (!hidden)
		return false;
	for (size_t i = 0; i < 2; i++) {
		int64_t at = touched(root, w->touches[i]);

		last = at > last ? at : last;
	}
	return last <= now + AT_WORK_FRESH && now - last < AT_WORK_FRESH;
}

bool dpkg_is_at_work(int root, int64_t now)
{
	static const struct work dpkg = { { DPKG_LOCK "-frontend", DPKG_LOCK },
					  { DPKG_STATUS, DPKG_UPDATES } };

	return is_at_work(&dpkg, root, now);
}

bool apt_is_at_work(int root, int64_t now)
{
	static const struct work apt = { { APT_LISTS "/lock" },
					 { APT_LISTS, APT_LISTS "/partial" } };

	return is_at_work(&apt, root, now);
}
