// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/io.h"
#include "agent/base/msg.h"

union control {
	struct cmsghdr align;
	char room[CMSG_SPACE(MSG_FDS_MAX * sizeof(int))];
};

int msg_send(int sock, const void *data, size_t len, const int *fds, size_t n_fds)
{
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control c = { 0 };
	ssize_t n;

	if (n_fds > MSG_FDS_MAX)
		return -EINVAL;
	if (n_fds) {
		struct cmsghdr *h;

		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(h), fds, n_fds * sizeof(int));
	}
	do
		n = sendmsg(sock, &m, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EPROTO;
}

static int wait_readable(int sock, int wait_ms)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	uint64_t end = io_boot_ms() + (uint64_t)(wait_ms < 0 ? 0 : wait_ms);

	for (;;) {
		uint64_t now = io_boot_ms();
		int r = poll(&p, 1, wait_ms < 0 ? -1 : now >= end ? 0 : (int)(end - now));

		if (r > 0)
			return 0;
		if (r == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

/* Collects what was passed, all of it, so that nothing refused stays open. */
static size_t collect(struct msghdr *m, int *got)
{
	size_t n = 0;

	for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
		if (h->cmsg_level != SOL_SOCKET || h->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; CMSG_LEN((i + 1) * sizeof(int)) <= h->cmsg_len; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + i * sizeof(int), sizeof(fd));
			if (n < MSG_FDS_MAX)
				got[n++] = fd;
			else
				close(fd);
		}
	}
	return n;
}

int msg_recv(int sock, void *data, size_t len, int *fds, size_t *n_fds, int wait_ms)
{
	size_t max = n_fds ? *n_fds : 0, n_got;
	struct iovec iov = { .iov_base = data, .iov_len = len };
	union control c = { 0 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c)
	};
	int got[MSG_FDS_MAX], r;
	ssize_t n;

	r = wait_readable(sock, wait_ms);
	if (r < 0)
		return r;
	do
		n = recvmsg(sock, &m, MSG_CMSG_CLOEXEC | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	n_got = collect(&m, got);
	if ((size_t)n == len && n_got <= max && !(m.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
		if (n_got)
			memcpy(fds, got, n_got * sizeof(int));
		if (n_fds)
			*n_fds = n_got;
		return 0;
	}
	for (size_t i = 0; i < n_got; i++)
		close(got[i]);
	return n == 0 ? -ECONNRESET : -EPROTO;
}
