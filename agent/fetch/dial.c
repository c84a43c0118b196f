// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/fetch/dial.h"
#include "agent/fetch/resolve.h"

#define STAGGER_MS 250 /* RFC 8305 section 5 */
#define GLANCE_MS  300 /* how often to see whether what is sent leaves the host at all */

/* Connections being made to the addresses, in their order; -1 is one that is not, or not yet. */
struct race {
	const struct addresses *to;
	unsigned begun, running;
	uint64_t next; /* when to begin the next one though the others still run */
	unsigned last; /* the one that failed last */
	int err;
	struct addresses *refused; /* or NULL */
	struct pollfd at[ADDRESSES_MAX];
};

static int wait_ms(uint64_t end)
{
	uint64_t now = io_boot_ms(), left = now < end ? end - now : 0;

	return left > INT_MAX ? INT_MAX : (int)left;
}

/* poll(2), also for the end of whoever asked: then nobody is left to tell. */
static int wait_for(struct pollfd *at, size_t n, uint64_t end)
{
	struct pollfd all[ADDRESSES_MAX + 1];
	int r;

	memcpy(all, at, n * sizeof(*at));
	all[n] = (struct pollfd){ .fd = DIAL_ASKER }; /* POLLHUP comes unasked for */
	r = poll(all, n + 1, wait_ms(end));
	if (r < 0)
		return -errno;
	memcpy(at, all, n * sizeof(*at));
	return all[n].revents ? -ECANCELED : r;
}

int dial_wait(int fd, short events, uint64_t end)
{
	struct pollfd p = { .fd = fd, .events = events };
	int r;

	do
		r = wait_for(&p, 1, end);
	while (r == -EINTR);
	if (r == 0)
		return -ETIMEDOUT;
	return r < 0 ? r : 0;
}

/* What failed makes room at once. */
static void drop_out(struct race *r, unsigned i, int err)
{
	drop_fd(&r->at[i].fd);
	r->at[i].fd = -1;
	r->running--;
	r->next = 0;
	r->last = i;
	r->err = err;
	if (err == -EPERM && r->refused && r->refused->n < ADDRESSES_MAX)
		r->refused->at[r->refused->n++] = r->to->at[i];
}

static void begin_next(struct race *r)
{
	unsigned i = r->begun++;
	const struct address *a = &r->to->at[i];
	int fd = socket(a->to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	r->at[i] = (struct pollfd){ .fd = fd, .events = POLLOUT };
	r->running++;
	r->next = io_boot_ms() + STAGGER_MS;
	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0 ||
	    (connect(fd, (const struct sockaddr *)&a->to, a->len) < 0 && errno != EINPROGRESS))
		drop_out(r, i, -errno);
}

/* A UDP socket that is connected sends nothing. */
static bool has_route(const struct address *to)
{
	_close_ int fd = socket(to->to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && connect(fd, (const struct sockaddr *)&to->to, to->len) == 0;
}

/*
 * A packet filter that drops what a TCP socket sends does not tell connect(2), which waits as for
 * a lost packet.  But of what was sent again, one second later, none counts as being on its way.
 * Neither does it when there is no route any more, which is the network's doing.
 */
static bool is_refused(int fd, const struct address *to)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
	       info.tcpi_state == TCP_SYN_SENT && info.tcpi_retransmits && !info.tcpi_retrans &&
	       has_route(to);
}

static void drop_refused(struct race *r)
{
	for (unsigned i = 0; i < r->begun; i++)
		if (r->at[i].fd >= 0 && is_refused(r->at[i].fd, &r->to->at[i]))
			drop_out(r, i, -EPERM);
}

/* Waits for one of those that run.  Its descriptor, which is the caller's now, or -EAGAIN. */
static int finish_one(struct race *r, uint64_t end)
{
	int n = wait_for(r->at, r->begun, end);

	if (n < 0 && n != -EINTR)
		return n;
	for (unsigned i = 0; i < r->begun; i++) {
		socklen_t len = sizeof(int);
		int err = 0;

		if (r->at[i].fd < 0 || !r->at[i].revents)
			continue;
		if (getsockopt(r->at[i].fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
			err = errno;
		if (!err)
			return take_fd(&r->at[i].fd);
		drop_out(r, i, -err);
	}
	return -EAGAIN;
}

static uint64_t until(const struct race *r, bool more, uint64_t now, uint64_t end)
{
	if (more && r->next < end)
		end = r->next;
	return now + GLANCE_MS < end ? now + GLANCE_MS : end;
}

static int run_race(struct race *r, uint64_t end)
{
	for (;;) {
		bool more = r->begun < r->to->n;
		uint64_t now = io_boot_ms();
		int fd;

		if (!more && !r->running)
			return r->err;
		if (now >= end) {
			r->last = r->begun ? r->begun - 1 : 0;
			return -ETIMEDOUT;
		}
		if (more && now >= r->next) {
			begin_next(r);
			continue;
		}
		fd = finish_one(r, until(r, more, now, end));
		if (fd != -EAGAIN)
			return fd;
		drop_refused(r);
	}
}

static const char *why_not(int err)
{
	return err == -EPERM ? "the host's own packet filter refuses it" : strerror(-err);
}

int dial(const char *host, const char *port, uint64_t end, struct addresses *refused,
	 struct fault *fault)
{
	struct addresses to;
	struct race race = { .to = &to, .refused = refused };
	char text[NI_MAXHOST] = "";
	int r = resolve(host, port, end, &to, fault);

	if (r < 0)
		return r;
	resolve_interleave(&to);
	r = run_race(&race, end);
	for (unsigned i = 0; i < race.begun; i++)
		drop_fd(&race.at[i].fd);
	if (r >= 0)
		return r;
	getnameinfo((struct sockaddr *)&to.at[race.last].to, to.at[race.last].len, text,
		    sizeof(text), NULL, 0, NI_NUMERICHOST);
	return fault_set(fault, r, "cannot connect to %s%s: %s",
			 to.n > 1 ? "any address, last " : "", text, why_not(r));
}
