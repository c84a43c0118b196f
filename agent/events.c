// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/bus.h"
#include "agent/daemon.h"
#include "agent/events.h"
#include "agent/integrity.h"
#include "agent/legacy.h"
#include "agent/posture/places.h"
#include "agent/posture/unit.h"
#include "agent/round.h"
#include "agent/trigger/files.h"
#include "agent/trigger/resume.h"
#include "agent/trigger/timer.h"
#include "netfilter/xtables.h"

#define SLEEP_SECONDS 60 /* awake, for a suspend to come about; if none does, nobody is cut off */
/* The timer of the clock wakes the host, and soon it sleeps again, without a word. */
#define SLEEPS_AGAIN  "systemd-suspend-then-hibernate.service"
#define WATCH_SECONDS 60 /* until files that could not be watched are tried again */

struct events {
	struct daemon *daemon;
	struct files *files;
	struct resume *resume;
	sd_event_source *sleeping; /* armed: it is about to, or does */
	sd_event_source *again;	   /* armed: not all files are watched */
	int err;		   /* why not; 0 or -errno */
};

DEFINE_DROP(events, events_free)

/* The bits are those of checks, and behind them those of the bus and of iptables-legacy. */
#define WATCH_BUS    CHECK_COUNT
#define WATCH_LEGACY (CHECK_COUNT + 1)
#define ALL_CHECKS   ((1u << CHECK_COUNT) - 1)

static void on_files(void *ctx, unsigned what)
{
	struct events *e = ctx;

	/* What waits may run what was just replaced. */
	if (what >> CHECK_PATCHES & 1)
		warm_drop(e->daemon);
	if (what >> WATCH_BUS & 1)
		integrity_look(e->daemon);
	if (what >> WATCH_LEGACY & 1)
		legacy_stirred(e->daemon);
	if (what & ALL_CHECKS)
		round_look_at(e->daemon, what & ALL_CHECKS, "files changed");
}

/* As long as that one is at work `lazaret check` comes at its end (lazaret-sleep.service). */
static bool sleeps_again(const struct daemon *d)
{
	return events_asleep(d) && unit_is_populated(d->host.root, SLEEPS_AGAIN) &&
	       timer_arm(d->events->sleeping, SLEEP_SECONDS) >= 0;
}

/* It may be anywhere by now; timers of what was due meanwhile count suspend, too. */
static void on_resumed(void *ctx, uint64_t slept)
{
	struct events *e = ctx;

	if (slept && sleeps_again(e->daemon))
		return;
	if (slept) {
		events_wake(e->daemon);
		round_hold(e->daemon, "resumed");
	}
	round_look(e->daemon, slept ? "resumed" : "the clock was set");
}

static int on_sleepless(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s, (void)usec;
	round_look(userdata, "it did not sleep");
	return 0;
}

void events_sleep(struct daemon *d)
{
	int r = timer_arm(d->events->sleeping, SLEEP_SECONDS);

	if (r == 0)
		round_hold(d, "about to sleep");
	else
		log_err("not held before it sleeps: no timer: %s", strerror(-r));
}

void events_wake(struct daemon *d)
{
	sd_event_source_set_enabled(d->events->sleeping, SD_EVENT_OFF);
}

bool events_asleep(const struct daemon *d)
{
	return sd_event_source_get_enabled(d->events->sleeping, NULL) > 0;
}

struct place_of {
	struct events *events;
	enum check check;
};

/* One that cannot be watched keeps no other from it. */
static int watch_place(void *ctx, const char *path, bool deep)
{
	const struct place_of *p = ctx;
	int r = files_watch(p->events->files, path, deep, 1u << p->check);

	if (r < 0)
		p->events->err = r;
	return 0;
}

void events_policy(struct daemon *d)
{
	struct events *e = d->events;
	const int was = e->err;

	files_forget(e->files);
	e->err = 0;
	for (size_t i = 0; i < d->n_subjects; i++) {
		struct place_of p = { e, d->subjects[i].req->check };

		(void)!places_of(d->subjects[i].req, watch_place, &p);
	}
	for (size_t i = 0; bus_places[i]; i++)
		(void)!files_watch(e->files, bus_places[i], false, 1u << WATCH_BUS);
	(void)!files_watch(e->files, XTABLES_LOCK + 1, false, 1u << WATCH_LEGACY);
	if (e->err < 0 && e->err != was)
		log_warn("not all files that matter can be watched: %s; their changes are found "
			 "when the host is looked at",
			 strerror(-e->err));
	sd_event_source_set_enabled(e->again, SD_EVENT_OFF);
	if (e->err < 0)
		(void)!timer_arm(e->again, WATCH_SECONDS);
}

/* What changed meanwhile was not heard of. */
static int on_again(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	(void)s, (void)usec;
	events_policy(d);
	if (!d->events->err)
		round_look(d, "all files are watched again");
	return 0;
}

bool events_wait(const struct events *e)
{
	return files_changing(e->files);
}

int events_new(struct daemon *d, struct events **ret)
{
	_drop_(drop_events) struct events *e = calloc(1, sizeof(*e));
	int r;

	if (!e)
		return -ENOMEM;
	e->daemon = d;
	r = files_new(d->loop, d->host.root, on_files, e, &e->files);
	if (r == 0)
		r = resume_new(d->loop, on_resumed, e, &e->resume);
	if (r == 0)
		r = timer_new_awake(d->loop, on_sleepless, d, &e->sleeping);
	if (r == 0)
		r = timer_new(d->loop, on_again, d, &e->again);
	if (r < 0)
		return r;
	*ret = take(e);
	return 0;
}

struct events *events_free(struct events *e)
{
	if (e) {
		files_free(e->files);
		resume_free(e->resume);
		sd_event_source_disable_unref(e->sleeping);
		sd_event_source_disable_unref(e->again);
	}
	free(e);
	return NULL;
}
