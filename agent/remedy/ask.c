// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/ask.h"
#include "agent/remedy/lines.h"
#include "agent/remedy/remedy.h"

struct remedy_run {
	sd_event_source *io, *limit;
	struct lines lines;
	size_t heard;
	char last[LINE_TEXT_MAX];
	remedy_line line;
	remedy_done done;
	void *ctx;
};

DEFINE_DROP(remedy_run, remedy_run_free)

static void on_line(void *ctx, const char *line)
{
	struct remedy_run *r = ctx;

	snprintf(r->last, sizeof(r->last), "%s", line);
	if (strncmp(line, "= ", 2) && strlen(line) > 2)
		r->line(r->ctx, line + 2);
}

/* Nothing of r is touched after this: the handler may have freed it. */
static int finish(struct remedy_run *r, int err, const char *why)
{
	char copy[LINE_TEXT_MAX];

	snprintf(copy, sizeof(copy), "%s", why);
	sd_event_source_set_enabled(r->io, SD_EVENT_OFF);
	sd_event_source_set_enabled(r->limit, SD_EVENT_OFF);
	r->done(r->ctx, err, copy);
	return 0;
}

static int judge(struct remedy_run *r)
{
	const size_t mark = strlen(REMEDY_FAILED);

	lines_end(&r->lines, on_line, r);
	if (!strcmp(r->last, REMEDY_OK))
		return finish(r, 0, "");
	if (!strncmp(r->last, REMEDY_FAILED, mark))
		return finish(r, -EIO, r->last + mark);
	return finish(r, -EPROTO, "it ended without a verdict");
}

static int on_readable(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct remedy_run *r = userdata;
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	(void)s, (void)revents;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return judge(r);
	r->heard += (size_t)n;
	if (r->heard > REMEDY_HEARD_MAX)
		return finish(r, -EFBIG, "it says too much");
	lines_feed(&r->lines, buf, (size_t)n, on_line, r);
	return 0;
}

static int on_limit(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s, (void)usec;
	return finish(userdata, -ETIMEDOUT, "it did not end in its time");
}

int remedy_go(int fd)
{
	const char go = REMEDY_GO;

	return send(fd, &go, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -errno;
}

int remedy_watch(sd_event *loop, int fd, remedy_line line, remedy_done done, void *ctx,
		 uint64_t limit_ms, struct remedy_run **ret)
{
	_close_ int own = fd;
	_drop_(drop_remedy_run) struct remedy_run *n = calloc(1, sizeof(*n));
	int r;

	if (!n)
		return -ENOMEM;
	n->line = line;
	n->done = done;
	n->ctx = ctx;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	r = sd_event_add_time_relative(loop, &n->limit, CLOCK_MONOTONIC, limit_ms * 1000, 0,
				       on_limit, n);
	if (r < 0)
		return r;
	r = sd_event_add_io(loop, &n->io, fd, EPOLLIN, on_readable, n);
	if (r < 0)
		return r;
	r = sd_event_source_set_io_fd_own(n->io, true);
	if (r < 0)
		return r;
	take_fd(&own);
	*ret = take(n);
	return 0;
}

int remedy_answer(struct remedy_run *r, char answer)
{
	int fd = sd_event_source_get_io_fd(r->io);

	return send(fd, &answer, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 ? 0 : -errno;
}

struct remedy_run *remedy_run_free(struct remedy_run *r)
{
	if (r) {
		sd_event_source_disable_unref(r->limit);
		sd_event_source_disable_unref(r->io);
		free(r);
	}
	return NULL;
}
