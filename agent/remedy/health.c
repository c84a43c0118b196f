// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/pidfd.h"
#include "agent/remedy/health.h"
#include "agent/remedy/lines.h"
#include "agent/remedy/step.h"

static int check_program(const char *path, struct fault *fault)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return fault_set(fault, -errno, "%s cannot be run: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 || st.st_mode & (S_IWGRP | S_IWOTH))
		return fault_set(fault, -EPERM,
				 "%s may be changed by others than root, so it is not run", path);
	return 0;
}

/* Its group ends with it: what it left behind, and what does not end. */
static int await_end(pid_t pid, unsigned limit_ms, int *status)
{
	_close_ int pidfd = pidfd_of(pid);
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int n = pidfd < 0 ? 0 : poll(&p, 1, (int)limit_ms);
	int r = pidfd < 0 ? pidfd : n > 0 ? 0 : n < 0 ? -errno : -ETIMEDOUT;

	kill(-pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return r;
}

static void on_line(void *ctx, const char *line)
{
	snprintf(ctx, LINE_TEXT_MAX, "%s", line);
}

/* Leaves what stands there when it printed nothing, or too much. */
static void read_last(int fd, char last[LINE_TEXT_MAX])
{
	_free_ char *text = NULL;
	struct lines lines = { 0 };
	size_t len;

	if (io_read_fd(fd, HEALTH_OUTPUT_MAX, &text, &len) < 0)
		return;
	lines_feed(&lines, text, len, on_line, last);
	lines_end(&lines, on_line, last);
}

static int judge(const struct health_entry *e, int status, int out, int err, struct fault *fault)
{
	char last[LINE_TEXT_MAX] = "it said nothing";
	_free_ char *text = NULL;
	size_t len;
	int r;

	if (WIFSIGNALED(status))
		return fault_set(fault, -EIO, "%s was killed by signal %d", e->argv[0],
				 WTERMSIG(status));
	read_last(out, last);
	read_last(err, last);
	if (WEXITSTATUS(status))
		return fault_set(fault, -EIO, "%s ended with status %d: %.120s", e->argv[0],
				 WEXITSTATUS(status), last);
	r = io_read_fd(out, HEALTH_OUTPUT_MAX, &text, &len);
	if (r < 0)
		return fault_set(fault, r, "what %s printed cannot be read: %s", e->argv[0],
				 strerror(-r));
	return health_judge(e, text, len, fault);
}

int health_run(const struct health_entry *e, unsigned limit_ms, struct fault *fault)
{
	static char *const no_env[] = { NULL };
	_close_ int out = memfd_create("out", MFD_CLOEXEC);
	_close_ int err = memfd_create("err", MFD_CLOEXEC);
	int status = 0, r = check_program(e->argv[0], fault);
	pid_t pid;

	if (r < 0)
		return r;
	r = out < 0 || err < 0 ? -errno : step_start(e->argv, no_env, out, err, &pid);
	if (r < 0)
		return fault_set(fault, r, "%s cannot be run: %s", e->argv[0], strerror(-r));
	r = await_end(pid, limit_ms, &status);
	if (r == -ETIMEDOUT)
		return fault_set(fault, r, "%s did not end within %u ms", e->argv[0], limit_ms);
	if (r < 0)
		return fault_set(fault, r, "cannot follow %s: %s", e->argv[0], strerror(-r));
	return judge(e, status, out, err, fault);
}
