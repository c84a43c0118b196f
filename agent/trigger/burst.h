/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A settle.h that runs in an event loop: what is noted is told when it is due. */
#pragma once

struct burst;
struct sd_event;
struct settle_pace;

typedef void (*burst_told)(void *ctx);

/* `pace` outlives the result.  0 or -ENOMEM, -errno. */
int burst_new(struct sd_event *loop, const struct settle_pace *pace, burst_told told, void *ctx,
	      struct burst **ret);
/* It is told before what else is due (sd-event's priority "important"). */
int burst_hurry(struct burst *b);
struct burst *burst_free(struct burst *b); /* always NULL; b may be NULL */

/*
 * One event.  Cheap: the timer is set once a burst, however many events it has.  One that cannot be
 * set does not swallow the burst: it is told now.
 */
void burst_note(struct burst *b);
