// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "netfilter/hooks.h"
#include "netfilter/nft.h"
#include "netfilter/object.h"
#include "netfilter/table.h"
#include "netfilter/watch.h"

#define ROOM	      (2 * 1024 * 1024)
#define TABLE_ATTR    1 /* NFTA_TABLE_NAME, and NFTA_*_TABLE of all that lies in one */
#define NETDEV_EGRESS 1 /* NF_NETDEV_EGRESS of Linux 5.16 and newer */

bool watch_is_late(const struct chain_seen *c)
{
	if (!c->base || c->priority < HOOKS_EGRESS)
		return false;
	if (c->family == NFPROTO_NETDEV)
		return c->hook == NETDEV_EGRESS;
	return c->hook == NF_INET_POST_ROUTING && c->priority == INT32_MAX &&
	       (c->family == NFPROTO_INET || c->family == NFPROTO_IPV4 ||
		c->family == NFPROTO_IPV6);
}

bool watch_is_ours(uint8_t family, const char *table)
{
	return (family == NFPROTO_INET || family == NFPROTO_NETDEV) && !strcmp(table, TABLE);
}

static bool hooks_in_late(const struct nlmsghdr *h)
{
	struct chain_seen c;

	return object_chain(h, &c) == 0 && watch_is_late(&c);
}

static uint8_t family_of(const struct nlmsghdr *h)
{
	return ((const struct nfgenmsg *)mnl_nlmsg_get_payload(h))->nfgen_family;
}

static unsigned weigh(const struct nlmsghdr *h)
{
	const uint32_t head = MNL_ALIGN(sizeof(struct nfgenmsg));
	const struct nlattr *a[TABLE_ATTR + 1];
	const char *table = NULL;
	unsigned type = h->nlmsg_type & 0xff;

	if (mnl_nlmsg_get_payload_len(h) >= head &&
	    object_sort((const char *)mnl_nlmsg_get_payload(h) + head,
			(uint32_t)mnl_nlmsg_get_payload_len(h) - head, a, TABLE_ATTR) == 0)
		table = object_text(a[TABLE_ATTR]);
	if (!table)
		return WATCH_LOST;
	if (watch_is_ours(family_of(h), table))
		return WATCH_OURS;
	if (type == NFT_MSG_NEWCHAIN && hooks_in_late(h))
		return WATCH_LATE | WATCH_FOREIGN;
	/* Members of others' sets come and go, and what a firewall does depends on none of them. */
	return type == NFT_MSG_NEWSETELEM || type == NFT_MSG_DELSETELEM ? 0 : WATCH_FOREIGN;
}

/* A process names itself, so its name may hold anything. */
static void copy_name(char *to, size_t room, const char *from)
{
	snprintf(to, room, "%s", from ? from : "");
	for (; *to; to++)
		*to = (char)(isprint((unsigned char)*to) ? *to : '?');
}

static void note_hand(struct watch *w, const struct nlattr *const *a)
{
	struct hand *hand = &w->hands[w->n_hands];
	uint32_t pid = object_be32(a[NFTA_GEN_PROC_PID], 0);

	for (size_t i = 0; i < w->n_hands; i++)
		if (w->hands[i].pid == pid)
			return;
	if (!pid || w->n_hands == WATCH_HANDS)
		return;
	hand->pid = pid;
	copy_name(hand->name, sizeof(hand->name), object_text(a[NFTA_GEN_PROC_NAME]));
	w->n_hands++;
}

static void end_transaction(struct watch *w, const struct nlmsghdr *h)
{
	const uint32_t head = MNL_ALIGN(sizeof(struct nfgenmsg));
	const struct nlattr *a[NFTA_GEN_MAX + 1];

	if (mnl_nlmsg_get_payload_len(h) < head ||
	    object_sort((const char *)mnl_nlmsg_get_payload(h) + head,
			(uint32_t)mnl_nlmsg_get_payload_len(h) - head, a, NFTA_GEN_MAX) < 0) {
		w->what |= WATCH_LOST;
		w->open = 0;
		return;
	}
	if (w->open & WATCH_FOREIGN)
		note_hand(w, a);
	if (w->open & ~(unsigned)WATCH_FOREIGN) {
		w->pid = object_be32(a[NFTA_GEN_PROC_PID], 0);
		copy_name(w->name, sizeof(w->name), object_text(a[NFTA_GEN_PROC_NAME]));
	}
	w->open = 0;
}

void watch_read(struct watch *w, const void *buf, int len)
{
	const struct nlmsghdr *h = buf;

	for (; object_whole(h, len); h = mnl_nlmsg_next(h, &len)) {
		if (h->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
			continue;
		if ((h->nlmsg_type & 0xff) == NFT_MSG_NEWGEN)
			end_transaction(w, h);
		else
			w->open |= weigh(h);
		w->what |= w->open;
	}
	if (len > 0)
		w->what |= WATCH_LOST;
}

int watch_take(int fd, struct watch *w)
{
	const struct nft nft = { .fd = fd };
	_free_ void *buf = malloc(NFT_ANSWER_MAX);

	if (!buf)
		return -ENOMEM;
	for (;;) {
		int n = nft_receive(&nft, buf, NFT_ANSWER_MAX, MSG_DONTWAIT);

		if (n == 0)
			return 0;
		if (n > 0)
			watch_read(w, buf, n);
		else if (n == -ENOBUFS || n == -EMSGSIZE)
			w->what |= WATCH_LOST, w->open = 0;
		else
			return n;
	}
}

/* In the kernel, so that laying a large set does not fill the socket with its own echo. */
static int ignore(int fd, uint32_t port)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct nlmsghdr, nlmsg_pid)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htonl(port), 0, 1), /* it loads big-endian */
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog program = { COUNT(code), code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

int watch_open(const struct nft *own, int *ret, struct fault *fault)
{
	const int group = NFNLGRP_NFTABLES, room = ROOM;
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK }; /* unbound, it would get none */
	const uint32_t port = nft_port(own);
	_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
				NETLINK_NETFILTER);

	if (fd >= 0)
		(void)!setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (fd < 0 || !port || ignore(fd, port) < 0 ||
	    bind(fd, (const void *)&any, sizeof(any)) < 0 ||
	    setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return fault_set(fault, errno ? -errno : -EIO,
				 "changes to the ruleset cannot be watched: %s", strerror(errno));
	*ret = take_fd(&fd);
	return 0;
}
