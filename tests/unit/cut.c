// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/unit/cut.h"
#include "tests/unit/test.h"

enum change { NOTHING, MAKE, WRITE, SYNC, MOVE };

static enum change change_of(const struct __ptrace_syscall_info *i)
{
	switch (i->entry.nr) {
	case SYS_openat: return i->entry.args[2] & O_CREAT ? MAKE : NOTHING;
	case SYS_write: return i->entry.args[0] > 2 ? WRITE : NOTHING;
	case SYS_fsync: return SYNC;
#ifdef SYS_mkdir
	case SYS_mkdir:
#endif
	case SYS_mkdirat:
	case SYS_symlinkat:
	case SYS_linkat:
	case SYS_unlinkat: return MAKE;
#ifdef SYS_renameat
	case SYS_renameat:
#endif
	case SYS_renameat2: return MOVE;
	default: return NOTHING;
	}
}

int cut_follow(pid_t child, int n)
{
	struct __ptrace_syscall_info info;
	enum change change = NOTHING;
	int status, seen = 0, written = -1;

	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	while (WIFSTOPPED(status) && seen < n) {
		ptrace(PTRACE_SYSCALL, child, 0, 0);
		waitpid(child, &status, 0);
		if (!WIFSTOPPED(status) ||
		    ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof(info), &info) <= 0 ||
		    info.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		change = change_of(&info);
		seen += change != NOTHING;
		if (change == MOVE && written >= 0)
			fail_msg("change %d puts in place what a power cut may empty", seen);
		if (change == WRITE)
			written = (int)info.entry.args[0];
		else if (change == SYNC && written == (int)info.entry.args[0])
			written = -1;
	}
	if (WIFSTOPPED(status)) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
	}
	return seen;
}
