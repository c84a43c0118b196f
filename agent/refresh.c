// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/msg.h"
#include "agent/refresh.h"

/* A whole refresh: a root chain may need many requests, each with its own limit. */
#define REFRESH_LIMIT_USEC (5 * 60 * 1000000ull)

struct refresh {
	const struct helpers *helpers;
	refresh_done done;
	void *ctx;
	sd_event *loop;
	sd_event_source *fetch, *vet, *limit;
};

DEFINE_DROP(refresh, refresh_free)

static void finish(struct refresh *r, const struct vet_said *said)
{
	sd_event_source_set_enabled(r->limit, SD_EVENT_OFF);
	r->fetch = sd_event_source_disable_unref(r->fetch);
	r->vet = sd_event_source_disable_unref(r->vet);
	r->done(r->ctx, said);
}

static void fail(struct refresh *r, int err, const char *who, const char *why)
{
	struct vet_said said = { .err = err };

	snprintf(said.why, sizeof(said.why), "%s%s%s", who, *who ? ": " : "",
		 *why ? why : strerror(-err));
	finish(r, &said);
}

static int on_limit(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s, (void)usec;
	fail(userdata, -ETIMEDOUT, "", "the policy refresh took too long and was given up");
	return 0;
}

static int on_vet(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct refresh *r = userdata;
	struct vet_said said;
	int err = msg_recv(fd, &said, sizeof(said), NULL, NULL, 0);

	(void)s, (void)revents;
	if (err == 0 && !wire_text_ok(said.why))
		err = -EPROTO;
	if (err < 0)
		fail(r, err, "lazaret-vet gave no answer", "");
	else
		finish(r, &said);
	return 0;
}

static int watch(struct refresh *r, int *fd, sd_event_io_handler_t handler, sd_event_source **ret)
{
	int err = sd_event_add_io(r->loop, ret, *fd, EPOLLIN, handler, r);

	if (err < 0)
		return err;
	sd_event_source_set_io_fd_own(*ret, true);
	take_fd(fd);
	return 0;
}

static int ask_vet(struct refresh *r, int session, struct fault *fault)
{
	const struct vet_ask ask = { .op = VET_REFRESH };
	_close_ int fd = helper_vet(r->helpers, fault);
	int err;

	if (fd < 0)
		return fd;
	err = msg_send(fd, &ask, sizeof(ask), &session, 1);
	return err < 0 ? err : watch(r, &fd, on_vet, &r->vet);
}

static int on_fetch(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct refresh *r = userdata;
	struct fault fault = { 0 };
	struct fetch_got got;
	int err = msg_recv(fd, &got, sizeof(got), NULL, NULL, 0);

	(void)s, (void)revents;
	if (err == 0 && !wire_text_ok(got.why))
		err = -EPROTO;
	if (err < 0) {
		fail(r, err, "lazaret-fetch gave no answer", "");
		return 0;
	}
	if (got.err < 0) {
		fail(r, got.err, "", got.why);
		return 0;
	}
	err = ask_vet(r, fd, &fault);
	r->fetch = sd_event_source_disable_unref(r->fetch); /* the session is lazaret-vet's now */
	if (err < 0)
		fail(r, err, "lazaret-vet", fault.why);
	return 0;
}

/* CA, and client certificate and key when there are any; returns how many, or -errno. */
static int open_credentials(const struct config *c, int fds[3], struct fault *fault)
{
	const char *const files[3] = { c->ca, c->certificate, c->private_key };
	int n = 0;

	for (; n < 3 && *files[n]; n++) {
		fds[n] = open(files[n], O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fds[n] < 0) {
			int err = -errno;

			while (n-- > 0)
				close(fds[n]);
			return fault_set(fault, err,
					 "cannot read %s: %s; see [Policy] in lazaret.conf",
					 files[n + 1], strerror(-err));
		}
	}
	return n;
}

static int open_session(struct refresh *r, struct fault *fault)
{
	const struct config *c = r->helpers->config;
	struct fetch_open o = { .timeout_ms = (uint32_t)(c->timeout * 1000) };
	_close_ int fd = -1;
	int fds[3], n, err;

	if (!*c->url || strlen(c->url) >= sizeof(o.base))
		return fault_set(fault, -EINVAL, "[Policy] URL= is %s in lazaret.conf",
				 *c->url ? "too long" : "not set");
	strcpy(o.base, c->url);
	n = open_credentials(c, fds, fault);
	if (n < 0)
		return n;
	o.flags = n == 3 ? FETCH_HAS_CLIENT : 0;
	fd = helper_fetch(r->helpers, fault);
	err = fd < 0 ? fd : msg_send(fd, &o, sizeof(o), fds, (size_t)n);
	while (n-- > 0)
		close(fds[n]);
	return err < 0 ? err : watch(r, &fd, on_fetch, &r->fetch);
}

int refresh_start(sd_event *loop, const struct helpers *helpers, refresh_done done, void *ctx,
		  struct refresh **ret, struct fault *fault)
{
	_drop_(drop_refresh) struct refresh *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	*r = (struct refresh){ .helpers = helpers, .done = done, .ctx = ctx, .loop = loop };
	err = sd_event_add_time_relative(loop, &r->limit, CLOCK_BOOTTIME, REFRESH_LIMIT_USEC, 0,
					 on_limit, r);
	if (err >= 0)
		err = open_session(r, fault);
	if (err < 0)
		return err;
	*ret = take(r);
	return 0;
}

struct refresh *refresh_free(struct refresh *r)
{
	if (r) {
		sd_event_source_disable_unref(r->limit);
		sd_event_source_disable_unref(r->fetch);
		sd_event_source_disable_unref(r->vet);
		free(r);
	}
	return NULL;
}
