// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ask tcp|udp ADDRESS PORT BYTES [OWN-PORT [DEVICE]] - sends so many bytes to an echo and reads
 * them back; 0 when all of them came within two seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"

#define WITHIN_MS 2000

static int address(const char *text, uint16_t port, const char *dev, struct sockaddr_in6 *ret)
{
	*ret = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	if (inet_pton(AF_INET6, text, &ret->sin6_addr) == 1) {
		ret->sin6_scope_id = dev ? if_nametoindex(dev) : 0;
		return 0;
	}
	memset(ret->sin6_addr.s6_addr + 10, 0xff, 2);
	return inet_pton(AF_INET, text, ret->sin6_addr.s6_addr + 12) == 1 ? 0 : -EINVAL;
}

static bool ready(int fd, short what, uint64_t until)
{
	struct pollfd p = { .fd = fd, .events = what };
	int64_t left = (int64_t)(until - io_boot_ms());

	return left > 0 && poll(&p, 1, (int)left) == 1;
}

/* Both ways at once: neither end holds all of it. */
static bool exchange(int fd, size_t bytes, bool tcp)
{
	const uint64_t until = io_boot_ms() + WITHIN_MS;
	static char room[65536];
	size_t out = 0, in = 0;

	while (in < bytes) {
		size_t some = bytes - out < sizeof(room) ? bytes - out : sizeof(room);
		ssize_t n;

		if (!ready(fd, POLLIN | (out < bytes ? POLLOUT : 0), until))
			return false;
		n = out < bytes ? send(fd, room, some, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
		/* A datagram that was too long for the path is sent again, as IP says. */
		out += n > 0 ? (size_t)n : 0;
		n = recv(fd, room, sizeof(room), MSG_DONTWAIT);
		if (n == 0 && tcp)
			return false;
		in += n > 0 ? (size_t)n : 0;
	}
	return true;
}

int main(int argc, char **argv)
{
	bool tcp = argc > 1 && !strcmp(argv[1], "tcp");
	struct sockaddr_in6 to, own = { .sin6_family = AF_INET6 };
	_close_ int fd = socket(AF_INET6, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	const int on = 1;
	int err = 0;
	socklen_t n = sizeof(err);

	if (argc < 5 ||
	    address(argv[2], (uint16_t)atoi(argv[3]), argc > 6 ? argv[6] : NULL, &to) < 0)
		return 2;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	own.sin6_port = htons(argc > 5 ? (uint16_t)atoi(argv[5]) : 0);
	if (own.sin6_port && bind(fd, (struct sockaddr *)&own, sizeof(own)) < 0)
		return 2;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != EINPROGRESS)
		return 1;
	if (!ready(fd, POLLOUT, io_boot_ms() + WITHIN_MS) ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &n) < 0 || err)
		return 1;
	return exchange(fd, (size_t)atol(argv[4]), tcp) ? 0 : 1;
}
