// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "netfilter/batch.h"
#include "netfilter/laid.h"
#include "netfilter/nft.h"
#include "netfilter/object.h"

#define ANSWERS_ROOM   (2 * 1024 * 1024)
#define ANSWER_SECONDS 5

const char *nft_why(int err)
{
	static const struct {
		int err;
		const char *why;
	} rows[] = {
		{ EPERM,
		  "not permitted; it needs CAP_NET_ADMIN, and a table that no other program owns" },
		{ EAFNOSUPPORT, "this kernel has no nf_tables; it needs CONFIG_NF_TABLES and "
				"CONFIG_NF_TABLES_INET" },
		{ EPROTONOSUPPORT,
		  "this kernel has no netfilter netlink; it needs CONFIG_NETFILTER_NETLINK" },
		{ EOPNOTSUPP, "this kernel lacks a feature of nf_tables" },
		{ EBUSY, "something else still uses it" },
		{ EMSGSIZE, "the change is larger than the socket may send" },
		{ ENOBUFS, "the kernel's answers did not fit the receive buffer" },
		{ ENFILE, "the set is full" },
		{ EINTR, "the ruleset changed meanwhile; try again" },
		{ ERESTART, "the ruleset changed meanwhile; try again" },
		{ ENOMEM, "out of memory" },
	};

	err = err < 0 ? -err : err;
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (rows[i].err == err)
			return rows[i].why;
	}
	return strerror(err);
}

int nft_receive(const struct nft *nft, void *buf, size_t room, int flags)
{
	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(nft->fd, buf, room, flags | MSG_TRUNC, (void *)&from, &len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (from.nl_family == AF_NETLINK && from.nl_pid)
			continue;
		return (size_t)n <= room ? (int)n : -EMSGSIZE;
	}
}

struct request {
	struct nft *nft;
	uint32_t seq;
	nft_each each;
	void *ctx;
	int r;
};

/* 1 at the end of the answer, else 0.  After an error the rest is still read: it is in the way. */
static int take_answer(struct request *q, const struct nlmsghdr *h)
{
	if (h->nlmsg_seq != q->seq)
		return 0;
	if ((h->nlmsg_flags & NLM_F_DUMP_INTR) && q->r == 0)
		q->r = -EINTR;
	if (h->nlmsg_type == NLMSG_DONE)
		return 1;
	if (h->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

		if (mnl_nlmsg_get_payload_len(h) < sizeof(*e))
			q->r = -EBADMSG;
		else if (q->r == 0)
			q->r = e->error;
		return 1;
	}
	if (q->r == 0 && h->nlmsg_type >> 8 == NFNL_SUBSYS_NFTABLES)
		q->r = q->each(q->ctx, h);
	return 0;
}

static int take_answers(struct request *q)
{
	_free_ char *buf = malloc(NFT_ANSWER_MAX);

	if (!buf)
		return -ENOMEM;
	for (;;) {
		int left = nft_receive(q->nft, buf, NFT_ANSWER_MAX, 0);
		const struct nlmsghdr *h = (void *)buf;

		if (left < 0)
			return left;
		if (left == 0)
			return -ETIMEDOUT;
		for (; object_whole(h, left); h = mnl_nlmsg_next(h, &left)) {
			if (take_answer(q, h))
				return q->r;
		}
	}
}

static struct nlmsghdr *question(struct nft *nft, void *buf, uint16_t type, uint16_t flags,
				 uint8_t family)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *g = mnl_nlmsg_put_extra_header(h, sizeof(*g));

	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = nft->seq++;
	g->nfgen_family = family;
	return h;
}

static int ask(struct nft *nft, const struct nlmsghdr *h, nft_each each, void *ctx)
{
	struct request q = { .nft = nft, .seq = h->nlmsg_seq, .each = each, .ctx = ctx };

	if (send(nft->fd, h, h->nlmsg_len, 0) < 0)
		return -errno;
	return take_answers(&q);
}

int nft_dump(struct nft *nft, uint16_t type, uint8_t family, nft_each each, void *ctx,
	     struct fault *fault)
{
	_Alignas(NLMSG_ALIGNTO) char buf[64] = { 0 };
	int r = ask(nft, question(nft, buf, type, NLM_F_DUMP, family), each, ctx);

	return r < 0 ? fault_set(fault, r, "cannot read the ruleset: %s", nft_why(r)) : 0;
}

int nft_dump_set(struct nft *nft, uint8_t family, const char *table, const char *set, nft_each each,
		 void *ctx, struct fault *fault)
{
	_Alignas(NLMSG_ALIGNTO) char buf[64 + 2 * NFT_NAME_MAXLEN] = { 0 };
	struct nlmsghdr *h = question(nft, buf, NFT_MSG_GETSETELEM, NLM_F_DUMP, family);
	int r = -ENAMETOOLONG;

	if (mnl_attr_put_strz_check(h, sizeof(buf), NFTA_SET_ELEM_LIST_TABLE, table) &&
	    mnl_attr_put_strz_check(h, sizeof(buf), NFTA_SET_ELEM_LIST_SET, set))
		r = ask(nft, h, each, ctx);
	return r < 0 ? fault_set(fault, r, "cannot read the set %s %s: %s", table, set, nft_why(r))
		     : 0;
}

static int keep_generation(void *ctx, const struct nlmsghdr *h)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(a) == NFTA_GEN_ID && mnl_attr_validate(a, MNL_TYPE_U32) == 0)
			*(uint32_t *)ctx = ntohl(mnl_attr_get_u32(a));
	}
	return 0;
}

int nft_generation(struct nft *nft, uint32_t *ret, struct fault *fault)
{
	_Alignas(NLMSG_ALIGNTO) char buf[64] = { 0 };
	int r = ask(nft, question(nft, buf, NFT_MSG_GETGEN, NLM_F_ACK, NFPROTO_UNSPEC),
		    keep_generation, ret);

	/* The netlink layer's word for a subsystem that is not there. */
	if (r == -EINVAL || r == -EOPNOTSUPP)
		r = -EAFNOSUPPORT;
	return r < 0 ? fault_set(fault, r, "cannot ask nf_tables: %s", nft_why(r)) : 0;
}

static void set_room(int fd, int forced, int plain, int bytes)
{
	/* Forcing needs CAP_NET_ADMIN over the namespace; a smaller room fails later, and plainly.
	 */
	if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, plain, &bytes, sizeof(bytes));
}

/*
 * The kernel doubles the number, for what it keeps beside the bytes: an answer takes 832 of those
 * on Linux 6.18.
 */
#define ANSWER_BYTES 1024

void nft_expect(const struct nft *nft, uint32_t answers)
{
	if (answers > ANSWERS_ROOM / ANSWER_BYTES && answers < INT_MAX / ANSWER_BYTES)
		set_room(nft->fd, SO_RCVBUFFORCE, SO_RCVBUF, (int)answers * ANSWER_BYTES);
}

/* Sees whether nf_tables answers by it. */
static int greet(int fd, struct nft *ret, struct fault *fault)
{
	struct nft nft = { .fd = fd, .seq = (uint32_t)time(NULL) };
	uint32_t generation;
	int r = nft_generation(&nft, &generation, fault);

	if (r == 0)
		*ret = nft;
	return r;
}

int nft_open(struct nft *ret, struct fault *fault)
{
	const struct timeval wait = { .tv_sec = ANSWER_SECONDS };
	const int on = 1;
	_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	int r;

	if (fd < 0)
		return fault_set(fault, -errno, "cannot open a netfilter socket: %s",
				 nft_why(errno));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0)
		return fault_set(fault, -errno, "cannot set the netfilter socket's timeout: %s",
				 strerror(errno));
	set_room(fd, SO_SNDBUFFORCE, SO_SNDBUF, BATCH_MAX);
	set_room(fd, SO_RCVBUFFORCE, SO_RCVBUF, ANSWERS_ROOM);
	/* Only nicer: words and place of a refusal, and answers without an echo of the question. */
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	r = greet(fd, ret, fault);
	if (r == 0)
		take_fd(&fd);
	return r;
}

/* A dump that its reader left is still in the way of the next one: it is read to its end. */
static int drain(int fd)
{
	_free_ char *buf = malloc(NFT_ANSWER_MAX);

	if (!buf)
		return -ENOMEM;
	while (recv(fd, buf, NFT_ANSWER_MAX, MSG_DONTWAIT) >= 0 || errno == ENOBUFS ||
	       errno == EINTR)
		;
	return errno == EAGAIN ? 0 : -errno;
}

int nft_reopen(int fd, struct nft *ret, struct fault *fault)
{
	int protocol = 0, r;
	socklen_t len = sizeof(protocol);

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) < 0)
		r = -errno;
	else
		r = protocol == NETLINK_NETFILTER ? drain(fd) : -EPROTOTYPE;
	if (r < 0)
		return fault_set(fault, r, "not a netfilter socket: %s", strerror(-r));
	return greet(fd, ret, fault);
}

uint32_t nft_port(const struct nft *nft)
{
	struct sockaddr_nl who = { 0 };
	socklen_t len = sizeof(who);

	return getsockname(nft->fd, (void *)&who, &len) == 0 ? who.nl_pid : 0;
}

void nft_close(struct nft *nft)
{
	laid_forget(nft);
	if (nft->fd >= 0)
		close(nft->fd);
	nft->fd = -1;
}
