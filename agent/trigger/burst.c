// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "agent/base/cleanup.h"
#include "agent/trigger/burst.h"
#include "agent/trigger/settle.h"

struct burst {
	struct settle settle;
	sd_event_source *timer;
	bool armed;
	burst_told told;
	void *ctx;
};

DEFINE_DROP(burst, burst_free)

static int arm(struct burst *b)
{
	int r = sd_event_source_set_time(b->timer, settle_due(&b->settle));

	if (r >= 0)
		r = sd_event_source_set_enabled(b->timer, SD_EVENT_ONESHOT);
	b->armed = r >= 0;
	return r;
}

static int on_due(sd_event_source *s, uint64_t at, void *userdata)
{
	struct burst *b = userdata;
	uint64_t now = at;

	(void)sd_event_now(sd_event_source_get_event(s), CLOCK_MONOTONIC, &now);
	if (settle_due(&b->settle) > now)
		return arm(b);
	b->armed = false;
	settle_told(&b->settle, now);
	b->told(b->ctx);
	return 0;
}

int burst_note(struct burst *b)
{
	uint64_t now;
	int r = sd_event_now(sd_event_source_get_event(b->timer), CLOCK_MONOTONIC, &now);

	if (r < 0)
		return r;
	settle_note(&b->settle, now);
	return b->armed ? 0 : arm(b);
}

int burst_new(sd_event *loop, const struct settle_pace *pace, burst_told told, void *ctx,
	      struct burst **ret)
{
	_drop_(drop_burst) struct burst *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return -ENOMEM;
	b->settle.pace = pace;
	b->told = told;
	b->ctx = ctx;
	r = sd_event_add_time(loop, &b->timer, CLOCK_MONOTONIC, UINT64_MAX, 1, on_due, b);
	if (r >= 0)
		r = sd_event_source_set_enabled(b->timer, SD_EVENT_OFF);
	if (r < 0)
		return r;
	*ret = take(b);
	return 0;
}

struct burst *burst_free(struct burst *b)
{
	if (b)
		sd_event_source_disable_unref(b->timer);
	free(b);
	return NULL;
}
