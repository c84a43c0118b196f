// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/fetch/dial.h"
#include "agent/fetch/resolve.h"
#include "agent/fetch/thread.h"

struct question {
	int to; /* where the answer goes */
	char host[NI_MAXHOST];
	char port[NI_MAXSERV];
};

struct answer {
	int gai;
	struct addresses found;
};

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

static void question_free(struct question *q)
{
	drop_fd(&q->to);
	free(q);
}

DEFINE_DROP(question, question_free)

static void *look_up_and_tell(void *arg)
{
	_drop_(drop_question) struct question *q = arg;
	struct answer a = { 0 };

	look_up(q->host, q->port, &a);
	/* Nobody may be waiting any more. */
	(void)!send(q->to, &a, sizeof(a), MSG_NOSIGNAL);
	return NULL;
}

static int ask(const char *host, const char *port, int *from)
{
	_drop_(drop_question) struct question *q = calloc(1, sizeof(*q));
	_close_ int ours = -1;
	int ends[2], r;

	if (!q)
		return -ENOMEM;
	q->to = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	ours = ends[0];
	q->to = ends[1];
	snprintf(q->host, sizeof(q->host), "%s", host);
	snprintf(q->port, sizeof(q->port), "%s", port);
	r = thread_start(look_up_and_tell, q);
	if (r < 0)
		return r;
	q = NULL; /* the thread's */
	*from = take_fd(&ours);
	return 0;
}

static int read_answer(int from, uint64_t end, struct answer *a)
{
	int r = dial_wait(from, POLLIN, end);

	if (r < 0)
		return r;
	if (recv(from, a, sizeof(*a), 0) != sizeof(*a) || a->found.n > ADDRESSES_MAX)
		return -EIO;
	return 0;
}

int resolve(const char *host, const char *port, uint64_t end, struct addresses *ret,
	    struct fault *fault)
{
	struct answer a = { 0 };
	_close_ int from = -1;
	int r = ask(host, port, &from);

	if (r == 0)
		r = read_answer(from, end, &a);
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

struct fetch_server address_told(const struct address *a)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&a->to;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&a->to;
	struct fetch_server s = { .family = (uint8_t)a->to.ss_family };

	if (s.family == AF_INET) {
		memcpy(s.addr, &v4->sin_addr, sizeof(v4->sin_addr));
		s.port = ntohs(v4->sin_port);
	} else {
		memcpy(s.addr, &v6->sin6_addr, sizeof(v6->sin6_addr));
		s.port = ntohs(v6->sin6_port);
	}
	return s;
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
