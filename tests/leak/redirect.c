// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * redirect FROM TO - whatever comes in by one link is sent by the other, by an XDP program, for as
 * long as this runs.  Says "ready" and its pid.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/base/count.h"

#define INSN(op, dst, what)                                   \
	{                                                     \
		.code = (op), .dst_reg = (dst), .imm = (what) \
	}

/* return bpf_redirect(to, 0); */
static int load(int to)
{
	const struct bpf_insn code[] = {
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, to),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0),
		INSN(BPF_JMP | BPF_CALL, 0, BPF_FUNC_redirect),
		INSN(BPF_JMP | BPF_EXIT, 0, 0),
	};
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_XDP,
			     .insns = (uintptr_t)code,
			     .insn_cnt = COUNT(code),
			     .license = (uintptr_t) "GPL" };

	return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
}

/* fd -1 takes off what is there. */
static int attach(int link, int fd)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
		struct nlattr xdp, fd_head;
		int32_t fd;
		struct nlattr flags_head;
		uint32_t flags;
	} q = { { sizeof(q), RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0 },
		{ .ifi_index = link },
		{ sizeof(q) - offsetof(typeof(q), xdp), IFLA_XDP | NLA_F_NESTED },
		{ 8, IFLA_XDP_FD },
		fd,
		{ 8, IFLA_XDP_FLAGS },
		XDP_FLAGS_SKB_MODE };
	struct {
		struct nlmsghdr h;
		struct nlmsgerr e;
		char rest[256];
	} answer;
	int route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), r = 0;

	if (route < 0 || send(route, &q, sizeof(q), 0) < 0 ||
	    recv(route, &answer, sizeof(answer), 0) < (ssize_t)offsetof(typeof(answer), rest))
		r = -1;
	else if (answer.e.error)
		errno = -answer.e.error, r = -1;
	close(route);
	return r;
}

int main(int argc, char **argv)
{
	const int from = argc == 3 ? (int)if_nametoindex(argv[1]) : 0;
	const int to = from ? (int)if_nametoindex(argv[2]) : 0;
	const int fd = to ? load(to) : -1;
	sigset_t end;
	int which;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	if (fd < 0 || attach(from, fd) < 0) {
		perror("redirect");
		return 1;
	}
	printf("ready %d\n", getpid());
	fflush(stdout);
	sigwait(&end, &which);
	return attach(from, -1) < 0;
}
