// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/fetch/dial.h"

#define ADDRESSES_MAX 8

struct address {
	socklen_t len;
	struct sockaddr_storage to;
};

struct answer { /* small enough for one write to a pipe to be whole, pipe(7) */
	int gai;
	unsigned n;
	struct address at[ADDRESSES_MAX];
};

_Static_assert(sizeof(struct answer) <= PIPE_BUF, "the resolver's answer would come in pieces");

int dial_wait(int fd, short events, uint64_t end)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		uint64_t now = io_boot_ms();
		uint64_t left = now < end ? end - now : 0;
		int r = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);

		if (r > 0)
			return 0;
		if (r == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

static void look_up(const char *host, const char *port, struct answer *a)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICSERV };
	struct addrinfo *list;

	a->gai = getaddrinfo(host, port, &hints, &list);
	if (a->gai)
		return;
	for (struct addrinfo *i = list; i && a->n < ADDRESSES_MAX; i = i->ai_next) {
		a->at[a->n].len = i->ai_addrlen;
		memcpy(&a->at[a->n++].to, i->ai_addr, i->ai_addrlen);
	}
	freeaddrinfo(list);
}

static _Noreturn void look_up_and_exit(const char *host, const char *port, int to)
{
	struct answer a = { 0 };

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	look_up(host, port, &a);
	_exit(io_write(to, &a, sizeof(a)) < 0);
}

static int read_answer(int from, uint64_t end, struct answer *a)
{
	int r = dial_wait(from, POLLIN, end);

	if (r < 0)
		return r;
	if (read(from, a, sizeof(*a)) != sizeof(*a) || a->n > ADDRESSES_MAX)
		return -EIO;
	return 0;
}

/* getaddrinfo(3) has no deadline of its own, so a child asks, and is ended with its question. */
static int resolve(const char *host, const char *port, uint64_t end, struct answer *a,
		   struct fault *fault)
{
	_close_ int from = -1;
	int ends[2], r;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fault_set(fault, -errno, "no pipe to the resolver: %m");
	from = ends[0];
	child = fork();
	if (child == 0)
		look_up_and_exit(host, port, ends[1]);
	close(ends[1]);
	if (child < 0)
		return fault_set(fault, -errno, "no process for the resolver: %m");
	r = read_answer(from, end, a);
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (r == -ETIMEDOUT)
		return fault_set(fault, r, "timed out resolving the name");
	if (r < 0)
		return fault_set(fault, r, "the resolver failed: %s", strerror(-r));
	if (a->gai || !a->n)
		return fault_set(fault, -EHOSTUNREACH, "the name does not resolve: %s",
				 a->gai ? gai_strerror(a->gai) : "it has no address");
	return 0;
}

static int try_one(const struct address *a, uint64_t end)
{
	_close_ int fd = socket(a->to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t len = sizeof(int);
	int r = 0, on = 1;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&a->to, a->len) < 0)
		r = -errno;
	if (r == -EINPROGRESS) {
		r = dial_wait(fd, POLLOUT, end);
		if (r < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &r, &len) < 0)
			return r < 0 ? r : -errno;
		r = -r;
	}
	if (r < 0)
		return r;
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		return -errno;
	return take_fd(&fd);
}

int dial(const char *host, const char *port, uint64_t end, struct fault *fault)
{
	char text[NI_MAXHOST] = "";
	struct answer a = { 0 };
	int r = resolve(host, port, end, &a, fault);

	if (r < 0)
		return r;
	for (unsigned i = 0; i < a.n; i++) {
		uint64_t now = io_boot_ms();

		r = try_one(&a.at[i], now < end ? now + (end - now) / (a.n - i) : now);
		if (r >= 0)
			return r;
	}
	getnameinfo((struct sockaddr *)&a.at[a.n - 1].to, a.at[a.n - 1].len, text, sizeof(text),
		    NULL, 0, NI_NUMERICHOST);
	return fault_set(fault, r, "cannot connect to %s%s: %s",
			 a.n > 1 ? "any address, last " : "", text, strerror(-r));
}
