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

#define PID_TEXT       32
#define AWAIT_LIMIT_MS (5 * 60 * 1000) /* unattended-upgrades may be in the middle of its work */
#define AWAIT_PAUSE_MS 250

/*
 * With a mode it is locked by fcntl(2), and made where its folder is, as its owner does.  Without
 * one it has the number of a process, and counts while that lives: dnf 4 (dnf/lock.py) and
 * zypper (ZyppLock.cc) write it, and lock nothing for as long as they work.
 */
static const struct lock {
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
	{ "var/lib/apt/lists/lock", 0640 }, /* fetches lists, and writes no packages */
};
#define N_LOCKS	  COUNT(locks)
#define N_WRITERS (N_LOCKS - 1)

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

/* 0 and who is at work by that file, or nobody; or -errno. */
static int read_pid(int root, const char *path, pid_t *ret)
{
	_free_ char *text = NULL;
	size_t len;
	long pid;
	int r = io_read(root, path, PID_TEXT, &text, &len);

	*ret = 0;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	pid = strtol(text, NULL, 10);
	if (pid > 0 && pid <= INT_MAX && is_alive((pid_t)pid))
		*ret = (pid_t)pid;
	return 0;
}

static int await_none(int root, const char *path, struct fault *fault)
{
	pid_t pid;
	int r = read_pid(root, path, &pid);

	if (r < 0)
		return fault_set(fault, r, "/%s: %s", path, strerror(-r));
	if (!pid)
		return 0;
	return fault_set(fault, -EBUSY, "packages are being written: by process %d, says /%s",
			 (int)pid, path);
}

int package_locks_take(int root, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < N_WRITERS; i++)
		r = locks[i].mode ? take_lock(root, locks[i].path, locks[i].mode, fault)
				  : await_none(root, locks[i].path, fault);
	return r;
}

/* The process that has it, or 0. */
static pid_t holder(int root, const struct lock *lock)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	_close_ int fd = -1;
	pid_t pid;

	if (!lock->mode)
		return read_pid(root, lock->path, &pid) == 0 ? pid : 0;
	fd = openat(root, lock->path, O_RDWR | O_CLOEXEC);
	return fd < 0 || fcntl(fd, F_GETLK, &l) < 0 || l.l_type == F_UNLCK ? 0 : l.l_pid;
}

pid_t package_locks_holder(int root, const char **path)
{
	for (size_t i = 0; i < N_LOCKS; i++) {
		pid_t pid = holder(root, &locks[i]);

		*path = locks[i].path;
		if (pid)
			return pid;
	}
	return 0;
}

int package_locks_await(struct report *report, struct fault *fault)
{
	const uint64_t limit = step_left(report, AWAIT_LIMIT_MS), end = io_awake_ms() + limit;
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *path;
	char text[120];
	pid_t pid = package_locks_holder(root, &path);

	if (!pid)
		return 0;
	snprintf(text, sizeof(text), "waiting for process %d, which holds /%s", (int)pid, path);
	report_line(report, "+ ", text);
	while (io_awake_ms() < end) {
		step_sleep(AWAIT_PAUSE_MS);
		pid = package_locks_holder(root, &path);
		if (!pid)
			return 0;
	}
	return fault_set(fault, -ETIMEDOUT,
			 "process %d still holds /%s after %u s: see what it does", (int)pid, path,
			 (unsigned)(limit / 1000));
}
