// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * HTTP proxies that know CONNECT, good and bad ones (table `kinds`), on 127.0.0.1 and
 * consecutive ports.
 *   proxy PORT
 * Prints "ready", then each CONNECT that was tunnelled.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"

#define LOGIN	"Proxy-Authorization: Basic bGFwdG9wOm9wZW4gc2VzYW1l\r\n" /* laptop:open sesame */

enum then { TUNNEL, CLOSE, RESET, HANG, DRIP };

static const struct kind {
	const char *login; /* what the request must have in it, else 407 */
	const char *answer;
	enum then then;
} kinds[] = {
	{ NULL, "HTTP/1.1 200 Connection established\r\n\r\n", TUNNEL },
	{ LOGIN, "HTTP/1.0 200 OK\r\nVia: it\r\n\r\n", TUNNEL },
	{ NULL, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", CLOSE },
	{ NULL, "HTTP/1.1 502 Bad Gateway\r\n\r\n", CLOSE },
	{ NULL, "HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n", CLOSE },
	{ NULL, "220 smtp.example ESMTP\r\n", HANG },
	{ NULL, "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", HANG },
	{ NULL, "HTTP/1.1 200 O", CLOSE },
	{ NULL, "", RESET },
	{ NULL, "", HANG },
	{ NULL, "HTTP/1.1 200 OK\r\nX-Slow: ", DRIP },
};

static int read_request(int fd, char *text, size_t room)
{
	size_t n = 0;

	for (text[0] = '\0'; !strstr(text, "\r\n\r\n"); text[n] = '\0') {
		ssize_t r = n < room - 1 ? read(fd, text + n, room - 1 - n) : 0;

		if (r <= 0)
			return -EIO;
		n += (size_t)r;
	}
	return 0;
}

static int connect_to(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *list;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || getaddrinfo(host, port, &hints, &list))
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return connect(fd, list->ai_addr, list->ai_addrlen) < 0 ? -1 : fd;
}

/* Until both ends have ended. */
static void copy_both_ways(int a, int b)
{
	struct pollfd p[2] = { { .fd = a, .events = POLLIN }, { .fd = b, .events = POLLIN } };

	while ((p[0].fd >= 0 || p[1].fd >= 0) && poll(p, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			char buf[8192];
			ssize_t n;

			if (p[i].fd < 0 || !p[i].revents)
				continue;
			n = read(p[i].fd, buf, sizeof(buf));
			if (n > 0 && io_write(i ? a : b, buf, (size_t)n) == 0)
				continue;
			shutdown(i ? a : b, SHUT_WR);
			p[i].fd = -1;
		}
}

static void tunnel(int fd, const char *request, const char *answer)
{
	char host[256], port[6];
	int to = -1;

	if (sscanf(request, "CONNECT %255[^: ]:%5[0-9] HTTP/1.1\r\n", host, port) == 2)
		to = connect_to(host, port);
	if (to < 0) {
		(void)!io_write(fd, "HTTP/1.1 504 No\r\n\r\n", 19);
		return;
	}
	printf("%s:%s\n", host, port);
	fflush(stdout);
	if (io_write(fd, answer, strlen(answer)) == 0)
		copy_both_ways(fd, to);
}

static void drip(int fd)
{
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		usleep(50000);
}

static void serve(int fd, const struct kind *k)
{
	static const char unknown[] =
		"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
		"Content-Length: 0\r\n\r\n";
	struct linger now = { .l_onoff = 1 };
	struct pollfd gone = { .fd = fd, .events = POLLRDHUP };
	char request[4096];

	if (read_request(fd, request, sizeof(request)) < 0)
		return;
	if (k->login && !strstr(request, k->login)) {
		(void)!io_write(fd, unknown, strlen(unknown));
		return;
	}
	if (k->then == TUNNEL) {
		tunnel(fd, request, k->answer);
		return;
	}
	(void)!io_write(fd, k->answer, strlen(k->answer));
	if (k->then == RESET)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	else if (k->then == DRIP)
		drip(fd);
	else if (k->then == HANG)
		poll(&gone, 1, -1);
}

static int listen_at(unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons((uint16_t)port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 16) < 0 ? -1
											      : fd;
}

static void accept_one(int listener, const struct kind *k)
{
	int fd = accept(listener, NULL, NULL);

	if (fd >= 0 && fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd, k);
		close(fd);
		_exit(0);
	}
	close(fd);
}

int main(int argc, char **argv)
{
	struct pollfd p[COUNT(kinds)];

	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	for (unsigned i = 0; i < COUNT(p); i++) {
		p[i] = (struct pollfd){ .fd = argc == 2 ? listen_at((unsigned)atoi(argv[1]) + i)
							: -1,
					.events = POLLIN };
		if (p[i].fd < 0)
			return 2;
	}
	puts("ready");
	fflush(stdout);
	while (poll(p, COUNT(p), -1) >= 0)
		for (unsigned i = 0; i < COUNT(p); i++)
			if (p[i].revents)
				accept_one(p[i].fd, &kinds[i]);
	return 1;
}
