// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netfilter/links.h"
#include "netfilter/nft.h"
#include "netfilter/object.h"

#define LOOPBACK 1 /* the index of every namespace's own; its name may be another */
#define ANSWER	 5 /* seconds */
#define TRIES	 8

static bool is_bonded(const struct nlattr *info)
{
	const struct nlattr *a[IFLA_INFO_SLAVE_KIND + 1];
	const char *kind;

	if (!info || object_sort_nested(info, a, IFLA_INFO_SLAVE_KIND) < 0)
		return false;
	kind = object_text(a[IFLA_INFO_SLAVE_KIND]);
	return kind && !strcmp(kind, "bond");
}

static int add(struct links *l, const char *name, bool bonded)
{
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 8;
		struct link *p = reallocarray(l->list, room, sizeof(*p));

		if (!p)
			return -ENOMEM;
		l->list = p;
		l->room = room;
	}
	l->list[l->n].bonded = bonded;
	memcpy(l->list[l->n++].name, name, strlen(name) + 1);
	return 0;
}

int links_take(struct links *l, const struct nlmsghdr *h)
{
	const uint32_t head = MNL_ALIGN(sizeof(struct ifinfomsg));
	const struct ifinfomsg *i = mnl_nlmsg_get_payload(h);
	const struct nlattr *a[IFLA_LINKINFO + 1];
	const char *name;

	if (h->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(h) < head ||
	    object_sort((const char *)i + head, (uint32_t)mnl_nlmsg_get_payload_len(h) - head, a,
			IFLA_LINKINFO) < 0)
		return 0;
	name = object_text(a[IFLA_IFNAME]);
	if (i->ifi_index == LOOPBACK || !name || strlen(name) >= IFNAMSIZ)
		return 0;
	return add(l, name, is_bonded(a[IFLA_LINKINFO]));
}

/* 1 at the end of the answer, 0 when there is more, or -errno. */
static int take_answer(struct links *l, const struct nlmsghdr *h)
{
	if (h->nlmsg_flags & NLM_F_DUMP_INTR)
		return -EINTR;
	if (h->nlmsg_type == NLMSG_DONE)
		return 1;
	if (h->nlmsg_type == NLMSG_ERROR)
		return -EIO;
	return links_take(l, h);
}

static int take_answers(const struct nft *route, struct links *l)
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
			int r = take_answer(l, h);

			if (r)
				return r < 0 ? r : 0;
		}
	}
}

static int ask(struct links *l)
{
	struct {
		struct nlmsghdr h;
		struct ifinfomsg i;
	} q = { { sizeof(q), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0 },
		{ .ifi_family = AF_UNSPEC } };
	const struct timeval wait = { .tv_sec = ANSWER };
	_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
	    send(fd, &q, sizeof(q), 0) < 0)
		return -errno;
	return take_answers(&(struct nft){ .fd = fd }, l);
}

int links_read(struct links *ret, struct fault *fault)
{
	struct links l = { 0 };
	int r = -EINTR;

	/* Links that come and go meanwhile make the list worthless. */
	for (int i = 0; i < TRIES && r == -EINTR; i++) {
		l.n = 0;
		r = ask(&l);
	}
	if (r < 0) {
		links_free(&l);
		return fault_set(fault, r, "cannot list the network links: %s", strerror(-r));
	}
	*ret = l;
	return 0;
}

void links_free(struct links *l)
{
	free(l->list);
	*l = (struct links){ 0 };
}

const struct link *links_find(const struct links *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!strcmp(l->list[i].name, name))
			return &l->list[i];
	}
	return NULL;
}
