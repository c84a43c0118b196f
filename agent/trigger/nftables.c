// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "agent/base/cleanup.h"
#include "agent/base/log.h"
#include "agent/trigger/burst.h"
#include "agent/trigger/nftables.h"
#include "agent/trigger/settle.h"
#include "agent/trigger/source.h"
#include "netfilter/watch.h"

#define COST_MULTIPLE 4
#define NAME_WAIT_MS  2

struct nftables {
	sd_event_source *io, *restore;
	struct burst *foreign;
	const struct nftables_handlers *handlers;
	void *ctx;
	struct watch seen;
	uint64_t rested; /* CLOCK_MONOTONIC, microseconds: until then no restoring */
	bool waiting;	 /* the restore timer runs */
};

DEFINE_DROP(nftables, nftables_free)

static uint64_t usec(clockid_t clock)
{
	struct timespec t = { 0 };

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void restore(struct nftables *n)
{
	const struct watch seen = n->seen;
	uint64_t before = usec(CLOCK_PROCESS_CPUTIME_ID), cost;

	n->seen.what = n->seen.open = n->seen.pid = 0;
	n->handlers->tampered(n->ctx, &seen);
	cost = usec(CLOCK_PROCESS_CPUTIME_ID) - before;
	n->rested = usec(CLOCK_MONOTONIC) + RESTORE_GAP_USEC + COST_MULTIPLE * cost;
}

static void restore_later(struct nftables *n)
{
	int r = sd_event_source_set_time(n->restore, n->rested);

	if (r >= 0)
		r = sd_event_source_set_enabled(n->restore, SD_EVENT_ONESHOT);
	n->waiting = r >= 0;
	if (r < 0)
		restore(n);
}

static int on_rested(sd_event_source *s, uint64_t at, void *userdata)
{
	struct nftables *n = userdata;

	(void)s, (void)at;
	n->waiting = false;
	restore(n);
	return 0;
}

static void on_foreign(void *userdata)
{
	struct nftables *n = userdata;

	n->handlers->foreign(n->ctx);
	n->seen.n_hands = 0;
}

static int take_changes(struct nftables *n, int fd)
{
	int r = watch_take(fd, &n->seen);

	if (is_overrun(-r))
		n->seen.what |= WATCH_LOST;
	if (r == -EINTR || is_overrun(-r))
		return 0;
	if (r < 0)
		log_err("changes to the ruleset are not heard of any more: %s; leaving, to be "
			"started anew",
			strerror(-r));
	return r;
}

static int on_events(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct nftables *n = userdata;
	struct pollfd more = { .fd = fd, .events = POLLIN };
	int r = take_changes(n, fd);

	(void)s, (void)revents;
	/* Who it was comes last, after a large change in a datagram of its own. */
	if (r == 0 && n->seen.open && poll(&more, 1, NAME_WAIT_MS) > 0)
		r = take_changes(n, fd);
	if (n->seen.what & (WATCH_FOREIGN | WATCH_LOST))
		burst_note(n->foreign);
	n->seen.what &= ~(unsigned)WATCH_FOREIGN;
	if (!n->seen.what || n->waiting)
		return r;
	if (usec(CLOCK_MONOTONIC) < n->rested)
		restore_later(n);
	else
		restore(n);
	return r;
}

int nftables_new(sd_event *loop, const struct nft *own, const struct nftables_handlers *handlers,
		 void *ctx, struct nftables **ret)
{
	_drop_(drop_nftables) struct nftables *n = calloc(1, sizeof(*n));
	_close_ int fd = -1;
	int r;

	if (!n)
		return -ENOMEM;
	n->handlers = handlers;
	n->ctx = ctx;
	r = watch_open(own, &fd, NULL);
	if (r >= 0)
		r = sd_event_add_time(loop, &n->restore, CLOCK_MONOTONIC, UINT64_MAX, 1, on_rested,
				      n);
	if (r >= 0)
		r = sd_event_source_set_enabled(n->restore, SD_EVENT_OFF);
	if (r >= 0)
		r = burst_new(loop, &settle_rules, on_foreign, n, &n->foreign);
	if (r >= 0)
		r = sd_event_add_io(loop, &n->io, fd, EPOLLIN, on_events, n);
	if (r >= 0)
		r = source_urgent(n->io); /* until it is done the host may be open */
	if (r >= 0)
		r = sd_event_source_set_io_fd_own(n->io, true);
	if (r < 0)
		return r;
	take_fd(&fd);
	(void)!sd_event_source_set_priority(n->restore, SD_EVENT_PRIORITY_IMPORTANT);
	*ret = take(n);
	return 0;
}

const struct watch *nftables_seen(const struct nftables *n)
{
	return &n->seen;
}

struct nftables *nftables_free(struct nftables *n)
{
	if (n) {
		sd_event_source_disable_unref(n->io);
		sd_event_source_disable_unref(n->restore);
		burst_free(n->foreign);
		free(n);
	}
	return NULL;
}
