// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netfilter.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "netfilter/listen.h"
#include "netfilter/object.h"

#define ANSWER_SECONDS 2
#define ANSWER_ROOM    32768
#define STATE_CLOSE    7 /* of include/net/tcp_states.h: bound and not connected */
#define STATE_LISTEN   10
#define CGROUP_ID      21 /* INET_DIAG_CGROUP_ID, of Linux 5.8 */

static const struct kind {
	uint8_t protocol;
	uint32_t states;
	bool needed;
} kinds[LISTEN_KINDS] = {
	{ IPPROTO_TCP, 1u << STATE_LISTEN, true },     { IPPROTO_UDP, 1u << STATE_CLOSE, true },
	{ IPPROTO_UDPLITE, 1u << STATE_CLOSE, false }, { IPPROTO_SCTP, 1u << STATE_LISTEN, false },
	{ IPPROTO_RAW, 1u << STATE_CLOSE, false },
};

static bool is_mapped(const uint8_t *addr)
{
	static const uint8_t head[12] = { [10] = 0xff, 0xff };

	return !memcmp(addr, head, sizeof(head));
}

/* RFC 1122 section 3.2.1.3, RFC 1112, RFC 4291 */
static bool is_apart(const struct listener *l)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (l->family == NFPROTO_IPV4)
		return l->addr[0] == 127 || l->addr[0] >= 0xe0;
	return !memcmp(l->addr, one, sizeof(one)) || l->addr[0] == 0xff;
}

static void note_port(struct listeners *l, uint8_t family, size_t kind, uint16_t port)
{
	l->ports[family != NFPROTO_IPV4][kind][port / 64] |= UINT64_C(1) << port % 64;
}

/* A raw socket's "port" is the protocol that it takes. */
static void note(struct listeners *l, uint8_t protocol, const struct listener *new)
{
	size_t kind = 0;

	while (kind < LISTEN_KINDS - 1 && kinds[kind].protocol != protocol)
		kind++;
	note_port(l, new->family, kind, new->port ? new->port : new->protocol);
	if (new->both)
		note_port(l, NFPROTO_IPV4, kind, new->port ? new->port : new->protocol);
}

static void add(struct listeners *l, const struct listener *new)
{
	l->all++;
	for (size_t i = 0; i < l->n; i++)
		if (!memcmp(&l->list[i], new, offsetof(struct listener, inode)))
			return;
	if (l->n < LISTENERS_MAX)
		l->list[l->n++] = *new;
}

static void place(struct listener *l, uint8_t protocol, const struct inet_diag_msg *m)
{
	l->protocol = protocol == IPPROTO_RAW ? (uint8_t)ntohs(m->id.idiag_sport) : protocol;
	l->port = protocol == IPPROTO_RAW ? 0 : ntohs(m->id.idiag_sport);
	l->uid = m->idiag_uid;
	l->inode = m->idiag_inode;
	memcpy(l->addr, m->id.idiag_src, sizeof(l->addr));
	l->family = m->idiag_family == AF_INET ? NFPROTO_IPV4 : NFPROTO_IPV6;
	if (l->family == NFPROTO_IPV6 && is_mapped(l->addr)) {
		memmove(l->addr, l->addr + 12, 4);
		l->family = NFPROTO_IPV4;
	}
	if (l->family == NFPROTO_IPV4)
		memset(l->addr + 4, 0, sizeof(l->addr) - 4);
}

int listen_take(struct listeners *l, uint8_t protocol, const struct nlmsghdr *h)
{
	static const uint8_t anywhere[16];
	const uint32_t head = MNL_ALIGN(sizeof(struct inet_diag_msg));
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(h);
	const struct nlattr *a[CGROUP_ID + 1];
	struct listener new;

	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY || mnl_nlmsg_get_payload_len(h) < head ||
	    (m->idiag_family != AF_INET && m->idiag_family != AF_INET6) ||
	    object_sort((const char *)m + head, (uint32_t)mnl_nlmsg_get_payload_len(h) - head, a,
			CGROUP_ID) < 0)
		return -EBADMSG;
	memset(&new, 0, sizeof(new)); /* with what lies between its members: it is compared */
	place(&new, protocol, m);
	if (a[CGROUP_ID] && mnl_attr_validate(a[CGROUP_ID], MNL_TYPE_U64) == 0)
		new.cgroup = mnl_attr_get_u64(a[CGROUP_ID]);
	new.both = new.family == NFPROTO_IPV6 && !memcmp(new.addr, anywhere, sizeof(anywhere)) &&
		   a[INET_DIAG_SKV6ONLY] && mnl_attr_get_payload_len(a[INET_DIAG_SKV6ONLY]) &&
		   !mnl_attr_get_u8(a[INET_DIAG_SKV6ONLY]);
	if ((new.port || protocol == IPPROTO_RAW) && m->id.idiag_if != 1 && !is_apart(&new))
		note(l, protocol, &new), add(l, &new);
	return 0;
}

/* 1 at the end of the dump. */
static int take_all(struct listeners *l, uint8_t protocol, const void *buf, int left)
{
	for (const struct nlmsghdr *h = buf; object_whole(h, left); h = mnl_nlmsg_next(h, &left)) {
		const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
		int r;

		if (h->nlmsg_type == NLMSG_DONE)
			return 1;
		if (h->nlmsg_type == NLMSG_ERROR)
			return mnl_nlmsg_get_payload_len(h) < sizeof(*e) || !e->error ? -EBADMSG
										      : e->error;
		r = listen_take(l, protocol, h);
		if (r < 0)
			return r;
	}
	return 0;
}

static int dump(int fd, uint8_t family, const struct kind *k, void *buf, struct listeners *l)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 req;
	} ask = { .h = { .nlmsg_len = sizeof(ask),
			 .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			 .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		  .req = { .sdiag_family = family,
			   .sdiag_protocol = k->protocol,
			   .idiag_states = k->states } };
	int r = send(fd, &ask, sizeof(ask), 0) < 0 ? -errno : 0;

	while (r == 0) {
		struct sockaddr_nl from = { 0 };
		socklen_t len = sizeof(from);
		ssize_t n = recvfrom(fd, buf, ANSWER_ROOM, MSG_TRUNC, (void *)&from, &len);

		if (n < 0 && errno != EINTR)
			r = errno == EAGAIN ? -ETIMEDOUT : -errno;
		else if (n > ANSWER_ROOM)
			r = -EMSGSIZE;
		else if (n > 0 && !from.nl_pid) /* of the kernel, and of nobody else */
			r = take_all(l, k->protocol, buf, (int)n);
	}
	return r < 0 ? r : 0;
}

void listen_ports(const struct listeners *l, listen_each each, void *ctx)
{
	static const uint8_t families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };

	for (size_t i = 0; i < 2 * LISTEN_KINDS; i++) {
		const uint64_t *bits = l->ports[i / LISTEN_KINDS][i % LISTEN_KINDS];
		const uint8_t family = families[i / LISTEN_KINDS];
		const uint8_t protocol = kinds[i % LISTEN_KINDS].protocol;

		for (size_t word = 0; word < 1u << 10; word++) {
			for (uint64_t left = bits[word]; left; left &= left - 1) {
				uint16_t port = (uint16_t)(word * 64 + __builtin_ctzll(left));

				if (protocol == IPPROTO_RAW)
					each(ctx, family, (uint8_t)port, 0);
				else
					each(ctx, family, protocol, port);
			}
		}
	}
}

int listen_read(struct listeners *ret, struct fault *fault)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	const struct timeval wait = { .tv_sec = ANSWER_SECONDS };
	_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	_free_ struct listeners *l = calloc(1, sizeof(*l));
	_free_ void *buf = malloc(ANSWER_ROOM);
	int r = fd < 0 ? -errno : l && buf ? 0 : -ENOMEM;

	if (r == 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0)
		r = -errno;
	for (size_t i = 0; r == 0 && i < 2 * COUNT(kinds); i++) {
		const struct kind *k = &kinds[i / 2];

		r = dump(fd, families[i % 2], k, buf, l);
		/* No IPv6, or a protocol that this kernel does not list the sockets of. */
		if ((r == -ENOENT || r == -EINVAL) && (i % 2 || !k->needed))
			r = 0;
	}
	if (r == -ENOENT || r == -EPROTONOSUPPORT)
		return fault_set(fault, -EPROTONOSUPPORT,
				 "this kernel does not list sockets; load tcp_diag and udp_diag");
	if (r < 0)
		return fault_set(fault, r, "cannot list sockets: %s", strerror(-r));
	memcpy(ret, l, sizeof(*ret));
	return 0;
}
