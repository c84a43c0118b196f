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

static void tell(struct burst *b, uint64_t now)
{
	b->armed = false;
	settle_told(&b->settle, now);
	b->told(b->ctx);
}

static void arm(struct burst *b, uint64_t now)
{
	int r = sd_event_source_set_time(b->timer, settle_due(&b->settle));

	if (r >= 0)
		r = sd_event_source_set_enabled(b->timer, SD_EVENT_ONESHOT);
	b->armed = true;
	if (r < 0)
		tell(b, now);
}

static int on_due(sd_event_source *s, uint64_t at, void *userdata)
{
	struct burst *b = userdata;
	uint64_t now = at;

	(void)sd_event_now(sd_event_source_get_event(s), CLOCK_MONOTONIC, &now);
	if (settle_due(&b->settle) > now)
		arm(b, now);
	else
		tell(b, now);
	return 0;
}

void burst_note(struct burst *b)
{
	uint64_t now = 1; /* long ago: it is due at once */

	(void)sd_event_now(sd_event_source_get_event(b->timer), CLOCK_MONOTONIC, &now);
	settle_note(&b->settle, now);
	if (!b->armed)
		arm(b, now);
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

int burst_hurry(struct burst *b)
{
	return sd_event_source_set_priority(b->timer, SD_EVENT_PRIORITY_IMPORTANT);
}

struct burst *burst_free(struct burst *b)
{
	if (b)
		sd_event_source_disable_unref(b->timer);
	free(b);
	return NULL;
}
