// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/remedy/apt.h"

#define LOCKS_LIMIT_MS (5 * 60 * 1000) /* unattended-upgrades may be in the middle of its work */
#define LOCKS_PAUSE_MS 250

#define LISTS "/var/lib/apt/lists"

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
	uint64_t end = io_boot_ms() + LOCKS_LIMIT_MS;
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
			 "process %d still holds %s after %d s: see what it does", (int)pid, path,
			 LOCKS_LIMIT_MS / 1000);
}
