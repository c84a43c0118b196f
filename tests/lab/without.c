// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * without COMMAND...: runs it as on a kernel that has no netfilter netlink: what the kernel
 * answers to such a socket is what one built without CONFIG_NETFILTER_NETLINK answers.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "agent/base/count.h"

#define FIELD(f)	   BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, f))
#define UNLESS(value, far) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, far)

int main(int argc, char **argv)
{
	struct sock_filter rows[] = {
		FIELD(nr),
		UNLESS(SYS_socket, 5),
		FIELD(args[0]),
		UNLESS(AF_NETLINK, 3),
		FIELD(args[2]),
		UNLESS(NETLINK_NETFILTER, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPROTONOSUPPORT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { COUNT(rows), rows };

	if (argc < 2) {
		fprintf(stderr, "usage: without COMMAND...\n");
		return 2;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0) {
		perror("without: seccomp");
		return 1;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
