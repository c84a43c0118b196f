// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/msg.h"
#include "agent/daemon.h"
#include "agent/fetcher.h"
#include "agent/trial.h"

struct trial {
	struct daemon *daemon;
	trial_answer answer;
	void *ctx;
	size_t next; /* the mirror to be tried next */
	struct trial_seen seen;
	sd_event_source *source; /* of the answer that is waited for */
};

static bool try_next(struct trial *t);

static void note_why(struct trial *t, const char *why)
{
	if (!*t->seen.why)
		snprintf(t->seen.why, sizeof(t->seen.why), "%s", why);
}

struct peer trial_peer(const struct fetch_server *s)
{
	struct peer p = { .family = s->family, .proto = IPPROTO_TCP, .port = s->port };

	if ((s->family != AF_INET && s->family != AF_INET6) || !s->port)
		return (struct peer){ 0 };
	p.prefix = (uint8_t)family_bits(s->family);
	memcpy(p.addr, s->addr, s->family == AF_INET ? 4 : 16);
	return p;
}

static void note_refused(struct trial_seen *seen, const struct fetch_got *got)
{
	for (size_t i = 0; i < got->n_refused && i < FETCH_REFUSED_MAX; i++) {
		struct peer p = trial_peer(&got->refused[i]);

		if (p.family && seen->n_refused < TRIAL_REFUSED_MAX)
			seen->refused[seen->n_refused++] = p;
	}
}

static int on_answer(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct trial *t = userdata;
	struct fetch_got got;
	int r = msg_recv(fd, &got, sizeof(got), NULL, NULL, 0);

	(void)s, (void)revents;
	if (r == 0 && (!wire_text_ok(got.why) || (got.err == 0 && !trial_peer(&got.server).family)))
		r = -EPROTO;
	if (r < 0)
		got = (struct fetch_got){ .err = r, .why = "lazaret-fetch gave no answer" };
	trial_end(t);
	t->seen.saw |= got.saw;
	note_refused(&t->seen, &got);
	if (got.err < 0)
		note_why(t, got.why);
	if (t->daemon->policy)
		t->answer(t->ctx, &got, got.err == 0 || !try_next(t));
	return 0;
}

static int ask(struct trial *t, struct mirror *m, struct fault *fault)
{
	_close_ int fd = fetcher_open(&t->daemon->helpers, m, FETCH_PROBE, "", fault);
	int r;

	if (fd < 0)
		return fd;
	r = sd_event_add_io(t->daemon->loop, &t->source, fd, EPOLLIN, on_answer, t);
	if (r < 0)
		return r;
	sd_event_source_set_io_fd_own(t->source, true);
	take_fd(&fd);
	return 0;
}

/* Whether one is being tried now. */
static bool try_next(struct trial *t)
{
	struct mirrors *m = t->daemon->mirrors;

	while (t->next < m->n) {
		struct fault fault = { 0 };
		int r = ask(t, &m->at[t->next++], &fault);

		if (r == 0)
			return true;
		note_why(t, *fault.why ? fault.why : strerror(-r));
	}
	return false;
}

int trial_begin(struct trial *t)
{
	trial_end(t);
	t->next = 0;
	t->seen = (struct trial_seen){ 0 };
	return try_next(t) || !*t->seen.why ? 0 : -EIO;
}

void trial_end(struct trial *t)
{
	t->source = sd_event_source_disable_unref(t->source);
}

bool trial_runs(const struct trial *t)
{
	return t->source;
}

const struct trial_seen *trial_seen(const struct trial *t)
{
	return &t->seen;
}

int trial_new(struct daemon *d, trial_answer answer, void *ctx, struct trial **ret)
{
	struct trial *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	*t = (struct trial){ .daemon = d, .answer = answer, .ctx = ctx };
	*ret = t;
	return 0;
}

struct trial *trial_free(struct trial *t)
{
	if (t)
		trial_end(t);
	free(t);
	return NULL;
}
