// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/io.h"
#include "agent/fetch/dial.h"
#include "agent/fetch/talk.h"

int talk_send(const struct talk *t, const void *data, size_t len, struct fault *fault)
{
	ssize_t sent = send(t->fd, data, len, MSG_NOSIGNAL);

	if (sent < 0)
		return fault_set(fault, -errno, "cannot be sent: %s", strerror(errno));
	return (size_t)sent < len ? fault_set(fault, -EIO, "cannot be sent in one piece") : 0;
}

ssize_t talk_more(void *ctx, void *buf, size_t len, struct fault *fault)
{
	const struct talk *t = ctx;
	ssize_t n = -1;
	int r = dial_wait(t->fd, POLLIN, t->end);

	/* Bytes that drip run out of time, too. */
	if (r == 0 && io_boot_ms() >= t->end)
		r = -ETIMEDOUT;
	if (r == 0) {
		n = recv(t->fd, buf, len, 0);
		r = n < 0 ? -errno : 0;
	}
	if (r == -ETIMEDOUT)
		return fault_set(fault, r, "timed out while waiting for its answer");
	return r < 0 ? fault_set(fault, r, "%s while waiting for its answer", strerror(-r)) : n;
}
