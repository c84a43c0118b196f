// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/wire.h"
#include "tests/sim/clocks.h"
#include "tests/sim/host.h"

#define BURST_NS     (300 * 1000000ull) /* a burst of events is told within that, or soon after */
#define WAIT_MS	     10			/* real time */
#define HELPER_MS    2000		/* the same, for a helper to say something */
#define FIRED_USEC   5000		/* the same, until a timer that is due can be read */
#define TURNS_MAX    100000		/* of the loop, without time passing */
#define ANSWER_WAITS 100
#define STARTS	     3 /* a fault may end the daemon; systemd starts it again */

int host_start(struct simulated *s)
{
	struct daemon *d = calloc(1, sizeof(*d));
	int r;

	if (!d || sd_event_new(&s->loop) < 0)
		host_fail("no memory for a daemon");
	d->config = s->config;
	d->helpers = (struct helpers){ .config = s->config, .spawn = true };
	d->loop = s->loop;
	s->daemon = d;
	*s->turn = true;
	r = daemon_start(d);
	*s->turn = false;
	if (r < 0)
		host_stop(s);
	return r;
}

void host_stop(struct simulated *s)
{
	if (!s->daemon)
		return;
	*s->turn = true;
	daemon_stop(s->daemon);
	*s->turn = false;
	s->loop = sd_event_unref(s->loop);
	free(s->daemon);
	s->daemon = NULL;
}

/* Whoever leaves is started again, as systemd does. */
static void ensure_running(struct simulated *s)
{
	int r = 0;

	for (int i = 0; i < STARTS && !s->daemon; i++)
		r = host_start(s);
	if (!s->daemon)
		host_fail("it does not start: %s", strerror(-r));
}

/* What was ready, of which it takes one. */
static bool turn(struct simulated *s, uint64_t usec)
{
	int r;

	ensure_running(s);
	*s->turn = true;
	r = sd_event_run(s->loop, usec);
	*s->turn = false;
	if (r < 0)
		host_stop(s);
	return r != 0;
}

static bool helpers_work(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return pid == 0;
}

static bool pass_burst(uint64_t *left)
{
	uint64_t next = clocks_next();

	if (next > *left)
		return false;
	*left -= next;
	clocks_pass(next);
	return true;
}

void host_settle(struct simulated *s)
{
	uint64_t left = BURST_NS;
	int waited = 0;

	for (int i = 0; i < TURNS_MAX; i++) {
		if (turn(s, clocks_fire() ? FIRED_USEC : 0))
			waited = 0;
		else if (helpers_work() && waited < HELPER_MS)
			waited += turn(s, WAIT_MS * 1000) ? 0 : WAIT_MS;
		else if (!pass_burst(&left))
			return;
	}
	host_fail("it does not come to rest");
}

void host_wait(struct simulated *s, uint64_t most)
{
	uint64_t next = clocks_next();

	clocks_pass(next < most ? next : most);
	host_settle(s);
}

static int call(const struct simulated *s)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s/run/" CONTROL_SOCKET, s->path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		host_fail("%s: %m", to.sun_path);
	return fd;
}

char *host_ask(struct simulated *s, const char *verb)
{
	_free_ char *reply = calloc(1, CONTROL_REPLY_MAX + 1);
	_close_ int fd = -1;
	ssize_t n = -1;

	ensure_running(s);
	fd = call(s);
	if (!reply || send(fd, verb, strlen(verb), MSG_NOSIGNAL) < 0)
		return NULL;
	host_settle(s);
	for (int i = 0; i < ANSWER_WAITS; i++) {
		n = recv(fd, reply, CONTROL_REPLY_MAX, MSG_DONTWAIT);
		if (n >= 0 || errno != EAGAIN)
			break;
		host_wait(s, HOST_SECOND);
	}
	return n > 0 ? take(reply) : NULL;
}
