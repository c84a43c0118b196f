// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/remedy/package-locks.h"

#define PID_TEXT 32

/*
 * With a mode it is locked by fcntl(2), and made where its folder is, as its owner does.  Without
 * one it has the number of a process, and counts while that lives: dnf 4 (dnf/lock.py) and
 * zypper (ZyppLock.cc) write it, and lock nothing for as long as they work.
 */
static const struct {
	const char *path;
	mode_t mode;
} locks[] = {
	{ "var/lib/dpkg/lock-frontend", 0640 },
	{ "var/lib/dpkg/lock", 0640 },
	{ "run/zypp.pid", 0 },
	{ "run/zypp-rpm.pid", 0 },
	{ "var/lib/dnf/rpmdb_lock.pid", 0 },
	{ "run/dnf/rpmtransaction.lock", 0660 }, /* dnf 5 */
	{ "var/lib/rpm/.rpm.lock", 0644 },	 /* rpm's database is in the one or the other */
	{ "usr/lib/sysimage/rpm/.rpm.lock", 0644 },
};

static int take_lock(int root, const char *path, mode_t mode, struct fault *fault)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = openat(root, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode), r;

	/* Nobody has it where its folder is not, or where nothing can be written. */
	if (fd < 0 && (errno == ENOENT || errno == EROFS))
		return 0;
	if (fd < 0)
		return fault_set(fault, -errno, "/%s: %m", path);
	if (fcntl(fd, F_SETLK, &l) == 0)
		return 0; /* it stays open: closing it would give the lock back */
	r = errno == EACCES || errno == EAGAIN ? -EBUSY : -errno;
	close(fd);
	if (r == -EBUSY)
		return fault_set(fault, r, "packages are being written: somebody holds /%s", path);
	return fault_set(fault, r, "/%s cannot be locked: %s", path, strerror(-r));
}

/* A process that ended and is not yet buried has no command line. */
static bool is_alive(pid_t pid)
{
	char path[48], byte;
	_close_ int fd = -1;

	if (kill(pid, 0) < 0 && errno == ESRCH)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 || read(fd, &byte, 1) != 0;
}

static int await_none(int root, const char *path, struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len;
	long pid;
	int r = io_read(root, path, PID_TEXT, &text, &len);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return fault_set(fault, r, "/%s: %s", path, strerror(-r));
	pid = strtol(text, NULL, 10);
	if (pid <= 0 || pid > INT_MAX || !is_alive((pid_t)pid))
		return 0;
	return fault_set(fault, -EBUSY, "packages are being written: by process %ld, says /%s", pid,
			 path);
}

int package_locks_take(int root, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < COUNT(locks); i++)
		r = locks[i].mode ? take_lock(root, locks[i].path, locks[i].mode, fault)
				  : await_none(root, locks[i].path, fault);
	return r;
}
