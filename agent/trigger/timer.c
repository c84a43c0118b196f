// SPDX-License-Identifier: GPL-2.0-or-later
#include <time.h>

#include "agent/trigger/timer.h"

#define ACCURACY_USEC 100000ull
#define SECOND_USEC   1000000ull

static int make(sd_event *loop, clockid_t clock, sd_event_time_handler_t handler, void *ctx,
		sd_event_source **ret)
{
	int r = sd_event_add_time(loop, ret, clock, UINT64_MAX, ACCURACY_USEC, handler, ctx);

	if (r >= 0)
		r = sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
	return r < 0 ? r : 0;
}

int timer_new(sd_event *loop, sd_event_time_handler_t handler, void *ctx, sd_event_source **ret)
{
	return make(loop, CLOCK_BOOTTIME, handler, ctx, ret);
}

int timer_new_awake(sd_event *loop, sd_event_time_handler_t handler, void *ctx,
		    sd_event_source **ret)
{
	return make(loop, CLOCK_MONOTONIC, handler, ctx, ret);
}

int timer_arm(sd_event_source *timer, uint64_t seconds)
{
	int r = sd_event_source_set_time_relative(timer, seconds * SECOND_USEC);

	if (r >= 0)
		r = sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
	return r < 0 ? r : 0;
}
