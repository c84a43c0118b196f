// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/list.h"
#include "agent/remedy/apt.h"

#define LOCKS_LIMIT_MS (5 * 60 * 1000) /* unattended-upgrades may be in the middle of its work */
#define LOCKS_PAUSE_MS 250

#define LISTS "/var/lib/apt/lists"

DEFINE_DROP(inventory, inventory_free)
DEFINE_DROP(apt, apt_free)

static const char *const locks[] = {
	"/var/lib/dpkg/lock-frontend",
	"/var/lib/dpkg/lock",
	LISTS "/lock",
};

/* The process that holds the lock, or 0. */
static pid_t holder(const char *path)
{
	_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fd < 0 || fcntl(fd, F_GETLK, &l) < 0 || l.l_type == F_UNLCK)
		return 0;
	return l.l_pid;
}

static pid_t first_holder(const char **path)
{
	for (size_t i = 0; i < sizeof(locks) / sizeof(*locks); i++) {
		pid_t pid = holder(locks[i]);

		*path = locks[i];
		if (pid)
			return pid;
	}
	return 0;
}

int apt_await_locks(struct report *report, struct fault *fault)
{
	const uint64_t limit = step_left(report, LOCKS_LIMIT_MS), end = io_boot_ms() + limit;
	const char *path;
	char text[120];
	pid_t pid = first_holder(&path);

	if (!pid)
		return 0;
	snprintf(text, sizeof(text), "waiting for process %d, which holds %s", (int)pid, path);
	report_line(report, "+ ", text);
	while (io_boot_ms() < end) {
		step_sleep(LOCKS_PAUSE_MS);
		pid = first_holder(&path);
		if (!pid)
			return 0;
	}
	return fault_set(fault, -ETIMEDOUT,
			 "process %d still holds %s after %u s: see what it does", (int)pid, path,
			 (unsigned)(limit / 1000));
}

/* Each alone may be whole, and yet be another than its Release file says. */
static bool do_agree(void)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_drop_(drop_inventory) struct inventory *inv = NULL;
	_drop_(drop_apt) struct apt *apt = NULL;
	const struct apt_ask ask = { root, APT_LISTS, io_now(), UINT64_MAX, .all = true };

	return inventory_read(root, &inv, NULL) < 0 || apt_read(&ask, inv, &apt, NULL) != -EBADMSG;
}

int apt_drop_damaged(struct report *report, struct fault *fault)
{
	DIR *lists = opendir(LISTS);
	bool agree = do_agree();
	const struct dirent *e;
	int r = 0;

	if (!lists)
		return errno == ENOENT ? 0
				       : fault_set(fault, -errno, LISTS ": %s", strerror(errno));
	while (r == 0 && (e = readdir(lists))) {
		if (fnmatch("*_Packages*", e->d_name, 0) ||
		    (agree && list_check(dirfd(lists), e->d_name, NULL) != -EBADMSG))
			continue;
		report_line(report, "  fetching it anew: ", e->d_name);
		if (unlinkat(dirfd(lists), e->d_name, 0) < 0)
			r = fault_set(fault, -errno, LISTS "/%s: %s", e->d_name, strerror(errno));
	}
	closedir(lists);
	return r;
}
