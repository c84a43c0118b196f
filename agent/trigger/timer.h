/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

/*
 * A timer that is off until it is armed, fires once, counts the time the host was
 * suspended, and may be up to a tenth of a second late so that wake-ups coincide.  0 or -errno.
 */
int timer_new(sd_event *loop, sd_event_time_handler_t handler, void *ctx, sd_event_source **ret);
/* The same, but suspend does not count. */
int timer_new_awake(sd_event *loop, sd_event_time_handler_t handler, void *ctx,
		    sd_event_source **ret);
int timer_arm(sd_event_source *timer, uint64_t seconds);
