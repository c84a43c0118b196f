// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/trigger/resume.h"
#include "agent/trigger/source.h"

#define SLEPT_LEAST 500 /* milliseconds; the two clocks are not read at once */

struct resume {
	sd_event_source *io;
	uint64_t asleep; /* milliseconds since the boot, as last seen */
	resume_told told;
	void *ctx;
};

DEFINE_DROP(resume, resume_free)

static uint64_t milliseconds(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* One of these counts suspend, and the other does not. */
static uint64_t asleep(void)
{
	uint64_t awake = milliseconds(CLOCK_MONOTONIC);

	return milliseconds(CLOCK_BOOTTIME) - awake;
}

/* For a moment that never comes. */
static int arm(int fd)
{
	const struct itimerspec never = { .it_value.tv_sec = LONG_MAX / 2 / 1000000000 };

	if (timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) < 0 &&
	    errno != ECANCELED)
		return -errno;
	return 0;
}

static int on_cancelled(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct resume *r = userdata;
	uint64_t ticks, now, slept;
	int err;

	(void)s, (void)revents;
	(void)!read(fd, &ticks, sizeof(ticks)); /* ECANCELED */
	err = arm(fd);
	if (err < 0)
		log_err("sleep is not heard of any more: %s; leaving, to be started anew",
			strerror(-err));
	now = asleep();
	slept = now > r->asleep + SLEPT_LEAST ? now - r->asleep : 0;
	r->asleep = now;
	r->told(r->ctx, slept);
	return err;
}

int resume_new(sd_event *loop, resume_told told, void *ctx, struct resume **ret)
{
	_drop_(drop_resume) struct resume *r = calloc(1, sizeof(*r));
	_close_ int fd = -1;
	int err;

	if (!r)
		return -ENOMEM;
	*r = (struct resume){ .asleep = asleep(), .told = told, .ctx = ctx };
	fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	err = arm(fd);
	if (err >= 0)
		err = sd_event_add_io(loop, &r->io, fd, EPOLLIN, on_cancelled, r);
	if (err >= 0)
		err = source_urgent(r->io);
	if (err >= 0)
		err = sd_event_source_set_io_fd_own(r->io, true);
	if (err < 0)
		return err;
	take_fd(&fd);
	*ret = take(r);
	return 0;
}

struct resume *resume_free(struct resume *r)
{
	if (r)
		sd_event_source_disable_unref(r->io);
	free(r);
	return NULL;
}
