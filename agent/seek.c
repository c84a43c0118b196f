// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/msg.h"
#include "agent/seek.h"

struct seek {
	const struct seek_handlers *handlers;
	void *ctx;
	sd_event_source *talk, *limit;
	bool opened;
	size_t n, answered;
	struct name names[];
};

DEFINE_DROP(seek, seek_free)

static void finish(struct seek *s, const char *why)
{
	sd_event_source_set_enabled(s->limit, SD_EVENT_OFF);
	s->talk = sd_event_source_disable_unref(s->talk);
	s->handlers->done(s->ctx, why); /* may free s */
}

static int on_limit(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source, (void)usec;
	finish(userdata, "");
	return 0;
}

static int ask_all(const struct seek *s, int fd)
{
	int r = 0;

	for (size_t i = 0; i < s->n && r == 0; i++) {
		struct fetch_name ask = { 0 };

		_Static_assert(sizeof(ask.name) >= NAMED_ROOM, "a name fits into its field");
		memcpy(ask.name, s->names[i].text, NAMED_ROOM);
		r = msg_send(fd, &ask, sizeof(ask), NULL, 0);
	}
	return r;
}

static void take_opening(struct seek *s, int fd)
{
	struct fetch_got got;
	int r = msg_recv(fd, &got, sizeof(got), NULL, NULL, 0);

	if (r == 0 && (!wire_text_ok(got.why) || got.err > 0))
		r = -EPROTO;
	s->opened = r == 0 && got.err == 0;
	if (s->opened)
		r = ask_all(s, fd);
	if (r < 0)
		finish(s, "lazaret-fetch gave no answer");
	else if (!s->opened)
		finish(s, got.why);
}

static void take_answer(struct seek *s, int fd)
{
	struct fetch_found found;

	if (msg_recv(fd, &found, sizeof(found), NULL, NULL, 0) < 0) {
		finish(s, "lazaret-fetch gave no answer");
		return;
	}
	s->handlers->found(s->ctx, &found);
	if (++s->answered == s->n)
		finish(s, "");
}

static int on_talk(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct seek *s = userdata;

	(void)source, (void)revents;
	if (s->opened)
		take_answer(s, fd);
	else
		take_opening(s, fd);
	return 0;
}

static int open_talk(sd_event *loop, const struct helpers *helpers, struct seek *s,
		     struct fault *fault)
{
	const struct fetch_open open = { .flags = FETCH_RESOLVE };
	_close_ int fd = helper_fetch(helpers, fault);
	int r = fd < 0 ? fd : msg_send(fd, &open, sizeof(open), NULL, 0);

	if (r == 0)
		r = sd_event_add_io(loop, &s->talk, fd, EPOLLIN, on_talk, s);
	if (r < 0)
		return r;
	sd_event_source_set_io_fd_own(s->talk, true);
	take_fd(&fd);
	return 0;
}

int seek_start(sd_event *loop, const struct helpers *helpers, const struct name *names, size_t n,
	       const struct seek_handlers *handlers, void *ctx, struct seek **ret,
	       struct fault *fault)
{
	_drop_(drop_seek) struct seek *s = calloc(1, sizeof(*s) + n * sizeof(*names));
	int r;

	if (!s)
		return -ENOMEM;
	s->handlers = handlers;
	s->ctx = ctx;
	s->n = n;
	memcpy(s->names, names, n * sizeof(*names));
	r = sd_event_add_time_relative(loop, &s->limit, CLOCK_BOOTTIME,
				       helpers->config->timeout * 1000000, 0, on_limit, s);
	if (r >= 0)
		r = open_talk(loop, helpers, s, fault);
	if (r < 0)
		return r;
	*ret = take(s);
	return 0;
}

struct seek *seek_free(struct seek *s)
{
	if (s) {
		sd_event_source_disable_unref(s->limit);
		sd_event_source_disable_unref(s->talk);
		free(s);
	}
	return NULL;
}
