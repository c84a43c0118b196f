/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts system calls where they are made: in a child that is traced. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct calls {
	int n;
	int opens; /* of them: what opens, reads or maps a file */
};

/* Between two calls that nothing else makes, and waits to be watched. */
static inline void __attribute__((noreturn)) calls_child(void (*what)(void *ctx), void *ctx)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(2);
	raise(SIGSTOP);
	syscall(SYS_getppid);
	what(ctx);
	syscall(SYS_getppid);
	_exit(0);
}

/* The number of the next call that the child begins; -1 at its end. */
static inline long calls_next(pid_t pid)
{
	struct __ptrace_syscall_info info;
	int status;

	do {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0 ||
		    waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return -1;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
			return -1;
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY);
	return (long)info.entry.nr;
}

static inline bool calls_opens(long call)
{
#ifdef SYS_open
	if (call == SYS_open)
		return true;
#endif
	return call == SYS_openat || call == SYS_openat2 || call == SYS_read || call == SYS_mmap;
}

static inline int calls_watch(pid_t pid, struct calls *c)
{
	int status;
	long call;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD) < 0)
		return -1;
	while ((call = calls_next(pid)) != SYS_getppid)
		if (call < 0)
			return -1;
	while ((call = calls_next(pid)) != SYS_getppid) {
		if (call < 0)
			return -1;
		c->n++;
		c->opens += calls_opens(call);
	}
	return 0;
}

/* Of what(), which runs in a child; -1 when that dies. */
static inline int calls_count(void (*what)(void *ctx), void *ctx, struct calls *ret)
{
	struct calls c = { 0 };
	pid_t pid = fork();
	int r;

	if (!pid)
		calls_child(what, ctx);
	r = pid < 0 ? -1 : calls_watch(pid, &c);
	if (pid > 0 && kill(pid, SIGKILL) == 0)
		waitpid(pid, NULL, 0);
	if (r == 0)
		*ret = c;
	return r;
}
