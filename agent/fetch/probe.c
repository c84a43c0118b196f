// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/slice.h"
#include "agent/base/wire.h"
#include "agent/fetch/probe.h"

#define PORT_DISCARD 9

/* send(2) on a UDP socket hears at once what the packet filter's verdict was. */
static uint32_t send_byte(const struct sockaddr *to, socklen_t len)
{
	_close_ int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return 0;
	if (sendto(fd, "", 1, MSG_NOSIGNAL, to, len) == 1)
		return FETCH_SAW_LEAK;
	return errno == EPERM || errno == EACCES ? FETCH_SAW_HELD : 0;
}

uint32_t probe_forbidden(void)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(PORT_DISCARD) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(PORT_DISCARD) };

	inet_pton(AF_INET, "192.0.2.1", &v4.sin_addr);
	inet_pton(AF_INET6, "2001:db8::1", &v6.sin6_addr);
	return send_byte((const struct sockaddr *)&v4, sizeof(v4)) |
	       send_byte((const struct sockaddr *)&v6, sizeof(v6));
}

uint32_t probe_slice(void)
{
	_free_ char *text = NULL;
	char path[4096];
	uint32_t level;
	size_t len;

	if (io_read(AT_FDCWD, "/proc/self/cgroup", SLICE_TEXT_MAX, &text, &len) < 0)
		return 0;
	return slice_read(text, path, sizeof(path), &level) == -ENOENT ? FETCH_SAW_ASTRAY : 0;
}
