// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lazaret-fetch: gets files from one HTTPS base for whoever holds the other end of
 * descriptor 0, or resolves names, or looks who answers for a page, and can do nothing else.  See
 * agent/base/wire.h for the questions.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "agent/base/log.h"
#include "agent/base/msg.h"
#include "agent/fetch/dial.h"
#include "agent/fetch/glance.h"
#include "agent/fetch/names.h"
#include "agent/fetch/session.h"

#define SESSION DIAL_ASKER

static void drop_fds(int (*fds)[MSG_FDS_MAX])
{
	for (size_t i = 0; i < MSG_FDS_MAX; i++)
		drop_fd(&(*fds)[i]);
}

/* It may quote the server: only plain ASCII goes on to journals and terminals. */
static void make_plain(char *text)
{
	for (char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

static int answer(struct fetch_got *got, int err, const struct fault *fault)
{
	if (err < 0)
		got->err = err;
	snprintf(got->why, sizeof(got->why), "%s", fault->why);
	make_plain(got->why);
	return msg_send(SESSION, got, sizeof(*got), NULL, 0);
}

static int check_bare(size_t n_fds, struct fault *fault)
{
	return n_fds ? fault_set(fault, -EINVAL, "%zu descriptors where none belongs", n_fds) : 0;
}

static int answer_glance(const struct fetch_open *open, size_t n_fds)
{
	struct fetch_glanced seen = { 0 };
	struct fault fault = { 0 };
	int r = check_bare(n_fds, &fault);

	if (r == 0)
		r = glance(open, &seen, &fault);
	if (r < 0)
		seen = (struct fetch_glanced){ .err = r };
	snprintf(seen.why, sizeof(seen.why), "%s", fault.why);
	make_plain(seen.why);
	make_plain(seen.location);
	r = msg_send(SESSION, &seen, sizeof(seen), NULL, 0);
	return r < 0 ? r : -ECONNRESET; /* there is no more to a glance */
}

/*
 * A refused request is answered too; there is no session then, and nothing more to do.  1: names
 * are to be resolved.
 */
static int serve_open(struct session **ret)
{
	_drop_(drop_fds) int fds[MSG_FDS_MAX] = { -1, -1, -1, -1 };
	size_t n_fds = MSG_FDS_MAX;
	struct fetch_got got = { 0 };
	struct fault fault = { 0 };
	struct fetch_open open;
	int r = msg_recv(SESSION, &open, sizeof(open), fds, &n_fds, -1), sent;

	if (r < 0)
		return r;
	if (open.flags == FETCH_GLANCE)
		return answer_glance(&open, n_fds);
	if (open.flags == FETCH_RESOLVE) {
		r = check_bare(n_fds, &fault);
		sent = answer(&got, r, &fault);
		return sent < 0 ? sent : r == 0;
	}
	r = session_open(&open, fds, n_fds, ret, &fault);
	if (r < 0 || !(open.flags & FETCH_PROBE))
		return answer(&got, r, &fault);
	r = answer(&got, session_probe(*ret, &got, &fault), &fault);
	return r < 0 ? r : -ECONNRESET; /* there is no more to a probe */
}

/* A failed fetch is an answer like another; only a broken session ends the loop. */
static int serve_get(struct session *s)
{
	_drop_(drop_fds) int fds[MSG_FDS_MAX] = { -1, -1, -1, -1 };
	size_t n_fds = 1;
	struct fetch_got got = { 0 };
	struct fault fault = { 0 };
	struct fetch_get get;
	int r = msg_recv(SESSION, &get, sizeof(get), fds, &n_fds, -1);

	if (r < 0)
		return r;
	r = session_get(s, &get, fds[0], &got, &fault);
	return answer(&got, r, &fault);
}

int main(void)
{
	_drop_(drop_session) struct session *s = NULL;
	int r;

	/* The client's key is in this memory, and nothing started from here may gain anything. */
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		log_err("cannot give up privileges: %m");
		return 1;
	}
	r = serve_open(&s);
	if (r > 0)
		r = names_serve(SESSION);
	while (r == 0 && s)
		r = serve_get(s);
	if (r == 0 || r == -ECONNRESET || r == -EPIPE)
		return 0;
	log_err("session ended: %s", strerror(-r));
	return 1;
}
