// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/err.h"
#include "agent/base/msg.h"
#include "agent/base/wire.h"
#include "agent/fetch/names.h"
#include "agent/fetch/thread.h"
#include "agent/fetch/ttl.h"
#include "agent/fetch/url.h"

struct question {
	int to;
	struct fetch_name ask;
};

static void add_address(struct fetch_found *f, const struct sockaddr *sa)
{
	const void *at = sa->sa_family == AF_INET
				 ? (const void *)&((const struct sockaddr_in *)sa)->sin_addr
				 : &((const struct sockaddr_in6 *)sa)->sin6_addr;

	if (f->n == WIRE_FOUND_MAX || (sa->sa_family != AF_INET && sa->sa_family != AF_INET6))
		return;
	f->at[f->n].family = (uint8_t)sa->sa_family;
	memcpy(f->at[f->n++].addr, at, sa->sa_family == AF_INET ? 4 : 16);
}

/* As every other program of the host resolves it: by its hosts file, cache and resolver. */
static int look_up(const char *name, struct fetch_found *f, struct fault *fault)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	int r = url_check_host(name, fault);

	if (r < 0)
		return r;
	r = getaddrinfo(name, NULL, &hints, &list);
	if (r)
		return fault_set(fault, -EHOSTUNREACH, "%s",
				 r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r));
	for (const struct addrinfo *i = list; i; i = i->ai_next)
		add_address(f, i->ai_addr);
	freeaddrinfo(list);
	return f->n ? 0 : fault_set(fault, -EHOSTUNREACH, "it has no address");
}

static void *answer(void *arg)
{
	_free_ struct question *q = arg;
	struct fetch_found f = { 0 };
	struct fault fault = { 0 };

	memcpy(f.name, q->ask.name, sizeof(f.name));
	f.err = look_up(f.name, &f, &fault);
	if (f.err == 0)
		f.ttl = ttl_ask(f.name);
	snprintf(f.why, sizeof(f.why), "%s", fault.why);
	/* Nobody may be waiting any more. */
	(void)!msg_send(q->to, &f, sizeof(f), NULL, 0);
	return NULL;
}

/* What a resolver keeps waiting ends with this short-lived program. */
static int serve_name(int sock)
{
	_free_ struct question *q = calloc(1, sizeof(*q));
	int r;

	if (!q)
		return -ENOMEM;
	q->to = sock;
	r = msg_recv(sock, &q->ask, sizeof(q->ask), NULL, NULL, -1);
	if (r == 0 && !wire_text_ok(q->ask.name))
		r = -EPROTO;
	if (r == 0)
		r = thread_start(answer, q);
	if (r == 0)
		q = NULL; /* the thread's */
	return r;
}

int names_serve(int sock)
{
	struct fetch_name more;
	int r = 0;

	for (int n = 0; n < WIRE_NAMES_MAX && r == 0; n++)
		r = serve_name(sock);
	if (r == 0)
		r = msg_recv(sock, &more, sizeof(more), NULL, NULL, -1);
	return r == 0 ? -E2BIG : r;
}
