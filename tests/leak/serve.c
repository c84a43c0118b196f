// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * serve tcp|udp|sink:PORT... - says back what it hears (but a UDP sink), in both families, and
 * prints the tokens in it
 * ("LKTnnnnX", printed without the T).
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"

#define PLACES 128

static int listen_at(bool tcp, uint16_t port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) < 0 || (tcp && listen(fd, 64) < 0))
		return -errno;
	return fd;
}

static void tell(const char *text, size_t len)
{
	for (size_t i = 0; i + 8 <= len; i++) {
		if (!memcmp(text + i, "LKT", 3))
			printf("LK%.5s\n", text + i + 3);
	}
}

enum role { UDP, SINK, LISTENER, CONNECTION };

static ssize_t answer(int fd, enum role role)
{
	static char data[65536];
	struct sockaddr_in6 from;
	socklen_t n = sizeof(from);
	ssize_t len = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &n);

	if (len <= 0)
		return len;
	tell(data, (size_t)len);
	if (role == CONNECTION)
		send(fd, data, (size_t)len, MSG_NOSIGNAL);
	else if (role == UDP)
		sendto(fd, data, (size_t)len, MSG_DONTWAIT, (struct sockaddr *)&from, n);
	return len;
}

int main(int argc, char **argv)
{
	struct pollfd polled[PLACES];
	enum role roles[PLACES];
	size_t n = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc && n < PLACES; i++) {
		bool tcp = !strncmp(argv[i], "tcp:", 4);
		int fd = listen_at(tcp, (uint16_t)atoi(argv[i] + strcspn(argv[i], "0123456789")));

		if (fd < 0) {
			fprintf(stderr, "serve: %s: %s\n", argv[i], strerror(-fd));
			return 1;
		}
		roles[n] = tcp ? LISTENER : *argv[i] == 's' ? SINK : UDP;
		polled[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	puts("ready");
	while (poll(polled, n, -1) >= 0) {
		for (size_t i = 0; i < n; i++) {
			if (!polled[i].revents)
				continue;
			if (roles[i] == LISTENER && n < PLACES) {
				roles[n] = CONNECTION;
				polled[n++] = (struct pollfd){
					.fd = accept(polled[i].fd, NULL, NULL), .events = POLLIN
				};
			} else if (answer(polled[i].fd, roles[i]) <= 0 && roles[i] == CONNECTION) {
				close(polled[i].fd);
				polled[i] = polled[--n];
				roles[i] = roles[n];
			}
		}
	}
	return 1;
}
