/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What wakes the daemon, and which look each event concerns. */
#pragma once

#include <stdbool.h>

struct daemon;
struct events;

/* 0 or -errno; events_policy() says which files.  It must not outlive d->loop. */
int events_new(struct daemon *d, struct events **ret);
struct events *events_free(struct events *e); /* always NULL; e may be NULL */

/* Has something changed that is not looked at yet, as the burst may go on? */
bool events_wait(const struct events *e);

/* Another policy is in force, so other files matter. */
void events_policy(struct daemon *d);

/*
 * The host is about to sleep, and may wake up anywhere: held until it is awake and judged there,
 * or did not sleep within a minute.
 */
void events_sleep(struct daemon *d);
void events_wake(struct daemon *d); /* nothing to wait for any more; a look follows */
bool events_asleep(const struct daemon *d);
