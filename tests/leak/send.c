// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "tests/leak/send.h"

#ifndef TCP_FASTOPEN_NO_COOKIE
#define TCP_FASTOPEN_NO_COOKIE 34
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

struct parcel {
	int fd;
	const void *data;
	size_t n;
	const struct sockaddr *to;
	socklen_t len;
};

static ssize_t by_sendto(const struct parcel *p)
{
	return sendto(p->fd, p->data, p->n, MSG_NOSIGNAL, p->to, p->len);
}

static void *ring_at(int ring, size_t size, off_t what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, what);

	return at == MAP_FAILED ? NULL : at;
}

/* io_uring_setup(2): a ring of one.  The kernel itself sends, when it is told that there is one. */
static ssize_t by_uring(const struct parcel *p)
{
	struct io_uring_params q = { 0 };
	_close_ int ring = (int)syscall(SYS_io_uring_setup, 1, &q);
	struct iovec piece = { (void *)(uintptr_t)p->data, p->n };
	struct msghdr m = { .msg_name = (void *)(uintptr_t)p->to,
			    .msg_namelen = p->len,
			    .msg_iov = &piece,
			    .msg_iovlen = 1 };
	struct io_uring_sqe *sqe;
	const struct io_uring_cqe *cqe;
	char *in, *out;

	if (ring < 0)
		return -1;
	in = ring_at(ring, q.sq_off.array + sizeof(uint32_t), IORING_OFF_SQ_RING);
	out = ring_at(ring, q.cq_off.cqes + q.cq_entries * sizeof(*cqe), IORING_OFF_CQ_RING);
	sqe = ring_at(ring, sizeof(*sqe), IORING_OFF_SQES);
	if (!in || !out || !sqe)
		return -1;
	*sqe = (struct io_uring_sqe){
		.opcode = IORING_OP_SENDMSG, .fd = p->fd, .addr = (uintptr_t)&m, .len = 1
	};
	*(uint32_t *)(in + q.sq_off.array) = 0;
	__atomic_store_n((uint32_t *)(in + q.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -1;
	cqe = (const struct io_uring_cqe *)(out + q.cq_off.cqes);
	errno = cqe->res < 0 ? -cqe->res : 0;
	return cqe->res < 0 ? -1 : cqe->res;
}

static ssize_t by_zerocopy(const struct parcel *p)
{
	const int on = 1;

	if (setsockopt(p->fd, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)) < 0)
		return -1;
	return sendto(p->fd, p->data, p->n, MSG_ZEROCOPY, p->to, p->len);
}

/* One call, two datagrams: cut up behind all hooks where the link can do that. */
static ssize_t by_segments(const struct parcel *p)
{
	const int each = (int)p->n;
	char twice[512];

	if (2 * p->n > sizeof(twice) ||
	    setsockopt(p->fd, IPPROTO_UDP, UDP_SEGMENT, &each, sizeof(each)) < 0)
		return -1;
	memcpy(twice, p->data, p->n);
	memcpy(twice + p->n, p->data, p->n);
	return sendto(p->fd, twice, 2 * p->n, 0, p->to, p->len);
}

/* RFC 7413: data in the packet that opens the connection. */
static ssize_t by_fastopen(const struct parcel *p)
{
	const int on = 1;

	if (setsockopt(p->fd, IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, &on, sizeof(on)) < 0)
		return -1;
	return sendto(p->fd, p->data, p->n, MSG_FASTOPEN | MSG_NOSIGNAL, p->to, p->len);
}

static ssize_t by_splice(const struct parcel *p)
{
	int ends[2];
	ssize_t n = -1;

	if (connect(p->fd, p->to, p->len) < 0 || pipe(ends) < 0)
		return -1;
	if (write(ends[1], p->data, p->n) == (ssize_t)p->n)
		n = splice(ends[0], NULL, p->fd, NULL, p->n, 0);
	close(ends[0]);
	close(ends[1]);
	return n;
}

static const struct {
	const char *name;
	ssize_t (*send)(const struct parcel *p);
} ways[] = {
	{ "", by_sendto },	     { "uring", by_uring },	  { "zerocopy", by_zerocopy },
	{ "segments", by_segments }, { "fastopen", by_fastopen }, { "splice", by_splice },
};

ssize_t send_by(const char *how, int fd, const void *data, size_t n, const struct sockaddr *to,
		socklen_t len)
{
	const struct parcel p = { fd, data, n, to, len };

	for (size_t i = 0; i < COUNT(ways); i++) {
		if (!strcmp(ways[i].name, how))
			return ways[i].send(&p);
	}
	errno = ENODEV;
	return -1;
}
