// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/daemon.h"
#include "agent/remedy/ask.h"
#include "agent/warm.h"

#define WARM REMEDY_ANTIVIRUS_START

/* Without systemd there is no sandbox that would take its time. */
static bool is_wanted(const struct daemon *d)
{
	if (d->helpers.spawn || !d->decision.mend)
		return false;
	for (size_t i = 0; i < d->n_subjects; i++) {
		const struct requirement *q = d->subjects[i].req;

		if (q->n_remedies && q->remedies[0] == WARM)
			return true;
	}
	return false;
}

void warm_drop(struct daemon *d)
{
	d->warm.io = sd_event_source_disable_unref(d->warm.io);
}

/* Killed, or it has waited for as long as one may. */
static int on_gone(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct daemon *d = userdata;

	(void)s, (void)fd, (void)revents;
	warm_drop(d);
	warm_round(d);
	return 0;
}

/* One that cannot be had now is told of when it is needed. */
static void make(struct daemon *d)
{
	struct fault quiet = { 0 };
	_close_ int fd = helper_remedy(&d->helpers, remedy_menu[WARM].name, &quiet);

	/* No event is asked for: that it is gone is told all the same. */
	if (fd < 0 || sd_event_add_io(d->loop, &d->warm.io, fd, 0, on_gone, d) < 0)
		return;
	if (sd_event_source_set_io_fd_own(d->warm.io, true) < 0)
		warm_drop(d);
	else
		take_fd(&fd);
}

void warm_round(struct daemon *d)
{
	struct warm *w = &d->warm;
	uint64_t now = io_boot_ms();

	if (!is_wanted(d)) {
		warm_drop(d);
		return;
	}
	/* Its socket takes one at a time. */
	if (w->io || d->run || (w->made && now - w->made < WARM_PAUSE_MS))
		return;
	w->made = now;
	make(d);
}

/* -ENOENT: none waits, or it is gone and that was not heard yet. */
static int wake(struct daemon *d)
{
	_close_ int fd = -1;

	if (!d->warm.io)
		return -ENOENT;
	if (sd_event_source_set_io_fd_own(d->warm.io, false) == 0)
		fd = sd_event_source_get_io_fd(d->warm.io);
	warm_drop(d);
	return fd < 0 || remedy_go(fd) < 0 ? -ENOENT : take_fd(&fd);
}

int warm_ask(struct daemon *d, enum remedy remedy, struct fault *fault)
{
	_close_ int fd = remedy == WARM ? wake(d) : -ENOENT;
	int r;

	if (fd >= 0)
		return take_fd(&fd);
	fd = helper_remedy(&d->helpers, remedy_menu[remedy].name, fault);
	if (fd < 0)
		return fd;
	r = remedy_go(fd);
	return r < 0 ? fault_set(fault, r, "%s ended before it began", remedy_menu[remedy].name)
		     : take_fd(&fd);
}
