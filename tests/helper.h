/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A helper program as systemd's sockets start it: its standard input is one end of a session. */
#pragma once

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* Its pid, which the caller waits for; the other end is the caller's to close.  Or -errno. */
static inline pid_t helper_start(const char *const argv[], int *session)
{
	int ends[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	child = fork();
	if (child == 0) {
		if (dup2(ends[1], 0) == 0)
			execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return -EAGAIN;
	}
	*session = ends[0];
	return child;
}
