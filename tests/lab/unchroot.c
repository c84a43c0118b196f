// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * unchroot COMMAND...: makes the folder that this process was chrooted to the root
 * of its mount namespace, and goes on there.  The kernel refuses user namespaces to
 * chrooted processes (user_namespaces(7)), and units with PrivateUsers= with them.
 * Wants a mount namespace of its own and a root that is a mount point; does nothing
 * to a process that was not chrooted.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Joining the namespace that one is in moves the root to the namespace's.  1 when
 * that is where it was.
 */
static int leave(int root)
{
	int ns = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	struct stat was, is;

	if (ns < 0 || setns(ns, CLONE_NEWNS) < 0)
		return -errno;
	if (fstat(root, &was) < 0 || stat("/", &is) < 0 || fchdir(root) < 0)
		return -errno;
	return was.st_dev == is.st_dev && was.st_ino == is.st_ino;
}

/* The old root ends up on top of the new one (pivot_root(2)) and is taken off again. */
static int settle(void)
{
	if (syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
		return -errno;
	return chroot(".") < 0 || chdir("/") < 0 ? -errno : 0;
}

int main(int argc, char **argv)
{
	int here = open(".", O_PATH | O_CLOEXEC), root = open("/", O_PATH | O_CLOEXEC);
	int r;

	if (argc < 2) {
		fprintf(stderr, "usage: unchroot COMMAND...\n");
		return 2;
	}
	r = here < 0 || root < 0 ? -errno : leave(root);
	if (r == 0)
		r = settle();
	if (r >= 0 && fchdir(here) < 0)
		r = -errno;
	if (r < 0) {
		fprintf(stderr, "unchroot: %s\n", strerror(-r));
		return 1;
	}
	execvp(argv[1], argv + 1);
	fprintf(stderr, "unchroot: %s: %s\n", argv[1], strerror(errno));
	return 1;
}
