// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * wakeups PID SECONDS - how often in that time a process with one thread and an event loop came out
 * of its sleep there.  What it waits for within one activity, an answer or a lock, is no sleep;
 * /proc/PID/status counts those, too.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * The fourth argument of epoll_wait() is how long to wait; 0 asks and does not sleep.  Where
 * ppoll() is how an answer is awaited, that has an end.
 */
static bool sleeps(const struct __ptrace_syscall_info *call)
{
	const uint64_t nr = call->entry.nr;

#ifdef SYS_epoll_wait
	if (nr == SYS_epoll_wait)
		return (int)call->entry.args[3];
#endif
	if (nr == SYS_ppoll)
		return !call->entry.args[2];
	return nr == SYS_epoll_pwait && (int)call->entry.args[3];
}

static void on_alarm(int signal)
{
	(void)signal; /* waitpid() ends by it */
}

static int count(pid_t pid)
{
	struct __ptrace_syscall_info call;
	bool asleep = false;
	int status, n = 0;

	while (waitpid(pid, &status, 0) == pid) {
		if (!WIFSTOPPED(status))
			return -1;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) &&
		    ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(call), &call) > 0) {
			n += asleep && call.op == PTRACE_SYSCALL_INFO_EXIT;
			asleep = call.op == PTRACE_SYSCALL_INFO_ENTRY && sleeps(&call);
		}
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
			return -1;
	}
	return errno == EINTR ? n : -1;
}

int main(int argc, char **argv)
{
	const struct sigaction alarms = { .sa_handler = on_alarm };
	pid_t pid = argc == 3 ? atoi(argv[1]) : 0;
	int n;

	if (pid <= 0)
		return 2;
	/* Tracing starts with a stop, out of which the loop comes once: not counted, as it began
	 * before. */
	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD) < 0 ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 ||
	    sigaction(SIGALRM, &alarms, NULL) < 0) {
		perror("wakeups");
		return 1;
	}
	alarm((unsigned)atoi(argv[2]));
	n = count(pid);
	if (n < 0)
		return 1;
	printf("%d\n", n);
	return 0; /* which lets it go */
}
