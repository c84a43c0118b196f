// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/hears.h"

#define WAIT_MS 200

/* The kernel tells who sends of a drop on the way out, and nobody of one on the way in. */
static bool arrives(struct sockaddr *to, socklen_t len)
{
	_close_ int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (fd < 0 || bind(fd, to, len) < 0 || getsockname(fd, to, &len) < 0)
		return true;
	if (sendto(fd, "?", 1, 0, to, len) < 0)
		return errno != EPERM;
	return poll(&p, 1, WAIT_MS) != 0;
}

bool hears_itself(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };

	return arrives((struct sockaddr *)&v4, sizeof(v4)) &&
	       arrives((struct sockaddr *)&v6, sizeof(v6));
}
