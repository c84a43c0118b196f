// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/fetch/dial.h"
#include "agent/fetch/resolve.h"

struct answer { /* small enough for one write to a pipe to be whole, pipe(7) */
	int gai;
	struct addresses found;
};

_Static_assert(sizeof(struct answer) <= PIPE_BUF, "the resolver's answer would come in pieces");

static void look_up(const char *host, const char *port, struct answer *a)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_NUMERICSERV };
	struct addrinfo *list;

	a->gai = getaddrinfo(host, port, &hints, &list);
	if (a->gai)
		return;
	for (struct addrinfo *i = list; i && a->found.n < ADDRESSES_MAX; i = i->ai_next) {
		struct address *one = &a->found.at[a->found.n++];

		one->len = i->ai_addrlen;
		memcpy(&one->to, i->ai_addr, i->ai_addrlen);
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
	if (read(from, a, sizeof(*a)) != sizeof(*a) || a->found.n > ADDRESSES_MAX)
		return -EIO;
	return 0;
}

/* getaddrinfo(3) has no deadline of its own, so a child asks, and is ended with its question. */
int resolve(const char *host, const char *port, uint64_t end, struct addresses *ret,
	    struct fault *fault)
{
	struct answer a = { 0 };
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
	r = read_answer(from, end, &a);
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	if (r == -ETIMEDOUT)
		return fault_set(fault, r, "timed out resolving the name");
	if (r < 0)
		return fault_set(fault, r, "the resolver failed: %s", strerror(-r));
	if (a.gai || !a.found.n)
		return fault_set(fault, -EHOSTUNREACH, "the name does not resolve: %s",
				 a.gai ? gai_strerror(a.gai) : "it has no address");
	*ret = a.found;
	return 0;
}

/* The next one from *i on whose family is, or is not, this one. */
static const struct address *take_next(const struct addresses *a, unsigned *i, int family,
				       bool same)
{
	while (*i < a->n) {
		const struct address *one = &a->at[(*i)++];

		if ((one->to.ss_family == family) == same)
			return one;
	}
	return NULL;
}

void resolve_interleave(struct addresses *a)
{
	struct addresses in = { 0 };
	unsigned next[2] = { 0, 0 };
	bool same = true;

	while (in.n < a->n) {
		const struct address *one = take_next(a, &next[same], a->at[0].to.ss_family, same);

		if (one)
			in.at[in.n++] = *one;
		same = !same;
	}
	*a = in;
}
