// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "tests/sim/inject.h"

#define FAULTS 4

/* What may go wrong with which call, as its manual page has it, or its driver or file system. */
static const struct row {
	int nr;
	const char *name;
	int faults[FAULTS];
} rows[] = {
	{ SYS_openat, "openat", { ENOMEM, EMFILE, EIO, ENOSPC } },
	{ SYS_read, "read", { EINTR, EIO } },
	{ SYS_write, "write", { ENOSPC, EINTR, EIO } },
	{ SYS_fsync, "fsync", { EIO, ENOSPC } },
	{ SYS_fdatasync, "fdatasync", { EIO, ENOSPC } },
	{ SYS_ftruncate, "ftruncate", { EINTR, EIO } },
	{ SYS_fchmod, "fchmod", { EPERM } },
	{ SYS_lseek, "lseek", { EIO } },
	{ SYS_newfstatat, "newfstatat", { ENOMEM, EIO } },
	{ SYS_fstat, "fstat", { ENOMEM, EIO } },
	{ SYS_getdents64, "getdents64", { EIO, ENOMEM } },
	{ SYS_readlinkat, "readlinkat", { ENOMEM, EIO } },
	{ SYS_mkdirat, "mkdirat", { ENOSPC, EPERM } },
	{ SYS_unlinkat, "unlinkat", { EIO, EPERM } },
#ifdef SYS_mkdir
	{ SYS_mkdir, "mkdir", { ENOSPC, EPERM } },
	{ SYS_unlink, "unlink", { EIO, EPERM } },
	{ SYS_readlink, "readlink", { ENOMEM, EIO } },
#endif
#ifdef SYS_renameat
	{ SYS_renameat, "renameat", { ENOSPC, EIO } },
#endif
	{ SYS_renameat2, "renameat2", { ENOSPC, EIO } },
	{ SYS_socket, "socket", { EMFILE, ENOBUFS, EPERM } },
	{ SYS_socketpair, "socketpair", { EMFILE, ENOMEM } },
	{ SYS_bind, "bind", { ENOMEM, EPERM } },
	{ SYS_listen, "listen", { ENOMEM } },
	{ SYS_accept4, "accept4", { EMFILE, ENOBUFS, EINTR } },
	{ SYS_connect, "connect", { EINTR, ENOMEM } },
	{ SYS_getsockopt, "getsockopt", { ENOBUFS } },
	{ SYS_setsockopt, "setsockopt", { ENOMEM, EPERM } },
	{ SYS_getsockname, "getsockname", { ENOBUFS } },
	{ SYS_sendto, "sendto", { ENOBUFS, EINTR, EPERM } },
	{ SYS_sendmsg, "sendmsg", { ENOBUFS, EINTR, EPERM } },
	{ SYS_recvfrom, "recvfrom", { ENOBUFS, EINTR, ENOMEM } },
	{ SYS_recvmsg, "recvmsg", { ENOBUFS, EINTR, ENOMEM } },
	{ SYS_epoll_create1, "epoll_create1", { EMFILE, ENOMEM } },
	{ SYS_epoll_ctl, "epoll_ctl", { ENOMEM, ENOSPC } },
#ifdef SYS_epoll_wait
	{ SYS_epoll_wait, "epoll_wait", { EINTR } },
#endif
	{ SYS_epoll_pwait, "epoll_pwait", { EINTR } },
	{ SYS_epoll_pwait2, "epoll_pwait2", { EINTR } },
	{ SYS_timerfd_create, "timerfd_create", { EMFILE, ENOMEM } },
	{ SYS_inotify_init1, "inotify_init1", { EMFILE, ENOMEM } },
	{ SYS_inotify_add_watch, "inotify_add_watch", { ENOSPC, ENOMEM } },
	{ SYS_memfd_create, "memfd_create", { EMFILE, ENOMEM } },
	{ SYS_getrandom, "getrandom", { EINTR, EAGAIN } },
	{ SYS_fcntl, "fcntl", { ENOMEM, EPERM } },
	{ SYS_ioctl, "ioctl", { ENOMEM, EPERM } },
	{ SYS_clone3, "clone3", { ENOMEM, EAGAIN } },
#ifndef __SANITIZE_ADDRESS__ /* which gives up when it gets none for itself */
	{ SYS_mmap, "mmap", { ENOMEM } },
#endif
};

static struct inject *mine; /* what malloc() is called with has no room for it */

static const struct row *row_of(int nr)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (rows[i].nr == nr)
			return &rows[i];
	return NULL;
}

const char *inject_name(const struct inject *i)
{
	const struct row *row = row_of(i->call);

	return i->memory ? "memory" : row ? row->name : "nothing";
}

struct inject *inject_new(void)
{
	struct inject *i = mmap(NULL, sizeof(*i), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return i == MAP_FAILED ? NULL : i;
}

void inject_free(struct inject *i)
{
	munmap(i, sizeof(*i));
}

void inject_me(struct inject *i)
{
	struct sock_filter filter[2 * COUNT(rows) + 2];
	struct sock_fprog prog = { 0, filter };
	long fd;

	mine = i;
	filter[prog.len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							  offsetof(struct seccomp_data, nr));
	for (size_t k = 0; k < COUNT(rows); k++) {
		filter[prog.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
								  (uint32_t)rows[k].nr, 0, 1);
		filter[prog.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
								  SECCOMP_RET_USER_NOTIF);
	}
	filter[prog.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
	if (fd < 0) {
		perror("seccomp");
		_exit(1);
	}
	i->listener = (int)fd;
}

/* Memory is needed to add a descriptor, not to take it out. */
static bool may_fail(const struct seccomp_data *call)
{
	return call->nr != SYS_epoll_ctl || call->args[1] == EPOLL_CTL_ADD;
}

static unsigned char kinds_of(const struct row *row)
{
	unsigned char n = 0;

	while (n < FAULTS && row->faults[n])
		n++;
	return n;
}

static void note(struct inject *i, unsigned char kinds)
{
	if (i->seen < INJECT_MAX && i->kinds[i->seen] < kinds)
		i->kinds[i->seen] = kinds;
}

bool inject_memory(void)
{
	if (!mine || !mine->turn || !mine->memory)
		return false;
	mine->seen++;
	note(mine, 1);
	if (mine->seen != mine->at || mine->which)
		return false;
	mine->err = ENOMEM;
	return true;
}

/* The fault for this call, or 0. */
static int fault_of(struct inject *i, const struct seccomp_data *call)
{
	const struct row *row = row_of(call->nr);
	const unsigned char kinds = may_fail(call) ? kinds_of(row) : 0;

	if (!i->turn || i->memory)
		return 0;
	i->seen++;
	note(i, kinds);
	if (i->seen != i->at || i->which >= kinds)
		return 0;
	i->call = call->nr;
	i->err = row->faults[i->which];
	return i->err;
}

static void answer(struct inject *i, int listener, pid_t child)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_resp resp = { 0 };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
		return;
	resp.id = call.id;
	if ((pid_t)call.pid == child)
		resp.error = -fault_of(i, &call.data);
	if (!resp.error)
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* Once the child has a listener; -1 when it ends without. */
static int listener_of(const struct inject *i, int pidfd)
{
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	while (i->listener < 0)
		if (poll(&end, 1, 1) != 0)
			return -1;
	return (int)syscall(SYS_pidfd_getfd, pidfd, i->listener, 0);
}

int inject_follow(struct inject *i, pid_t child)
{
	int pidfd = (int)syscall(SYS_pidfd_open, child, 0), status;
	struct pollfd fds[2] = { { .fd = listener_of(i, pidfd), .events = POLLIN },
				 { .fd = pidfd, .events = POLLIN } };

	while (fds[0].fd >= 0 && !fds[1].revents && poll(fds, 2, -1) > 0)
		if (fds[0].revents & POLLIN)
			answer(i, fds[0].fd, child);
	/* What the child has left behind is told that there is no such call, and ends, too. */
	if (fds[0].fd >= 0)
		close(fds[0].fd);
	close(pidfd);
	waitpid(child, &status, 0);
	return status;
}
