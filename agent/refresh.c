// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/msg.h"
#include "agent/fetcher.h"
#include "agent/refresh.h"

/* A whole refresh: a root chain may need many requests, each with its own limit. */
#define REFRESH_LIMIT_USEC (5 * 60 * 1000000ull)

struct refresh {
	const struct helpers *helpers;
	refresh_done done;
	void *ctx;
	sd_event *loop;
	struct mirrors *mirrors;
	const char *report;
	struct mirror *mirror; /* the one that is being asked */
	struct vet_said first; /* what the first one that failed brought */
	size_t n_failed;
	bool over; /* no time is left for another one */
	sd_event_source *fetch, *vet, *limit;
};

DEFINE_DROP(refresh, refresh_free)

static int open_session(struct refresh *r, struct fault *fault);

static void stop_talks(struct refresh *r)
{
	r->fetch = sd_event_source_disable_unref(r->fetch);
	r->vet = sd_event_source_disable_unref(r->vet);
}

static void note_failure(struct refresh *r, const struct vet_said *said)
{
	mirrors_failed(r->mirrors, r->mirror, io_boot_ms(), said->retry_after, io_dice());
	if (r->n_failed++ == 0)
		r->first = *said;
}

/* Whether another one is being asked now. */
static bool ask_next(struct refresh *r, const struct vet_said *said)
{
	unsigned faults = r->mirror->faults;
	const char *url = r->mirror->url;

	r->mirror = mirrors_next(r->mirrors, io_boot_ms());
	if (!r->mirror || open_session(r, NULL) < 0)
		return false;
	if (faults == 1)
		log_warn("%s: %s; asking %s", url, said->why, r->mirror->url);
	return true;
}

/* What is told is what the first mirror did wrong: that is the one to mend. */
static void give_up(struct refresh *r)
{
	struct vet_said said = r->first; /* done() may free r */
	size_t len = strlen(said.why);

	if (r->n_failed > 1)
		snprintf(said.why + len, sizeof(said.why) - len, "; %zu more failed, too",
			 r->n_failed - 1);
	r->done(r->ctx, &said);
}

static void finish(struct refresh *r, const struct vet_said *said)
{
	stop_talks(r);
	if (said->err < 0) {
		note_failure(r, said);
		if (!r->over && ask_next(r, said))
			return;
	}
	sd_event_source_set_enabled(r->limit, SD_EVENT_OFF);
	if (said->err < 0) {
		give_up(r);
		return;
	}
	mirror_served(r->mirror);
	r->done(r->ctx, said);
}

static void fail(struct refresh *r, int err, const char *who, const char *why)
{
	struct vet_said said = { .err = err };

	snprintf(said.why, sizeof(said.why), "policy not refreshed: %s%s%s", who, *who ? ": " : "",
		 *why ? why : strerror(-err));
	finish(r, &said);
}

static int on_limit(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct refresh *r = userdata;

	(void)s, (void)usec;
	r->over = true;
	fail(r, -ETIMEDOUT, "", "the policy refresh took too long and was given up");
	return 0;
}

static int on_vet(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct refresh *r = userdata;
	struct vet_said said;
	int err = msg_recv(fd, &said, sizeof(said), NULL, NULL, 0);

	(void)s, (void)revents;
	if (err == 0 && (!wire_text_ok(said.why) || !wire_text_ok(said.feed_why)))
		err = -EPROTO;
	if (err < 0)
		fail(r, err, "lazaret-vet gave no answer (journalctl -u 'lazaret-vet@*')", "");
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
		fail(r, err, "lazaret-fetch gave no answer (journalctl -u 'lazaret-fetch@*')", "");
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

static int open_session(struct refresh *r, struct fault *fault)
{
	_close_ int fd = fetcher_open(r->helpers, r->mirror, 0, r->report, fault);

	return fd < 0 ? fd : watch(r, &fd, on_fetch, &r->fetch);
}

/* What fails here is ours, not the mirror's, but the next try has to wait all the same. */
static int ask_first(struct refresh *r, struct fault *fault)
{
	const struct vet_said none = { 0 };
	int err;

	mirrors_begin(r->mirrors);
	r->mirror = mirrors_next(r->mirrors, io_boot_ms());
	if (!r->mirror)
		return fault_set(fault, -EINVAL, "[Policy] URL= is not set in lazaret.conf");
	err = open_session(r, fault);
	if (err < 0)
		note_failure(r, &none);
	return err;
}

int refresh_start(sd_event *loop, const struct helpers *helpers, struct mirrors *mirrors,
		  const char *report, refresh_done done, void *ctx, struct refresh **ret,
		  struct fault *fault)
{
	_drop_(drop_refresh) struct refresh *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	*r = (struct refresh){ .helpers = helpers,
			       .mirrors = mirrors,
			       .report = report,
			       .done = done,
			       .ctx = ctx,
			       .loop = loop };
	err = sd_event_add_time_relative(loop, &r->limit, CLOCK_BOOTTIME, REFRESH_LIMIT_USEC, 0,
					 on_limit, r);
	if (err >= 0)
		err = ask_first(r, fault);
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
