// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "agent/base/cleanup.h"
#include "netfilter/nft.h"
#include "netfilter/object.h"
#include "netfilter/route.h"

#define ANSWER_SECONDS 5

static int error_of(const struct nlmsghdr *h)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);

	return mnl_nlmsg_get_payload_len(h) >= sizeof(*e) && e->error <= 0 ? e->error : -EBADMSG;
}

/* 1 at the end of the answer, 0 when there is more, or -errno. */
static int take_answer(const struct nlmsghdr *h, route_each each, void *ctx)
{
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		return -EINTR;
	if (h->nlmsg_type == NLMSG_DONE)
		return 1;
	if (h->nlmsg_type == NLMSG_ERROR) {
		int r = error_of(h);

		return r ? r : 1;
	}
	return each ? each(ctx, h) : 0;
}

static int take_answers(const struct nft *route, route_each each, void *ctx)
{
	_free_ char *buf = malloc(NFT_ANSWER_MAX);

	if (!buf)
		return -ENOMEM;
	for (;;) {
		int left = nft_receive(route, buf, NFT_ANSWER_MAX, 0);
		const struct nlmsghdr *h = (void *)buf;

		if (left <= 0)
			return left < 0 ? left : -ETIMEDOUT;
		for (; object_whole(h, left); h = mnl_nlmsg_next(h, &left)) {
			int r = take_answer(h, each, ctx);

			if (r)
				return r < 0 ? r : 0;
		}
	}
}

static int converse(int protocol, const struct nlmsghdr *question, route_each each, void *ctx)
{
	const struct timeval wait = { .tv_sec = ANSWER_SECONDS };
	_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
	    send(fd, question, question->nlmsg_len, 0) < 0)
		return -errno;
	return take_answers(&(struct nft){ .fd = fd }, each, ctx);
}

int route_dump(int protocol, struct nlmsghdr *question, route_each each, void *ctx)
{
	question->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	return converse(protocol, question, each, ctx);
}

int route_tell(struct nlmsghdr *message, uint16_t flags, route_each each, void *ctx)
{
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags);
	return converse(NETLINK_ROUTE, message, each, ctx);
}
