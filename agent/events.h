/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What wakes the daemon, and which look each event concerns. */
#pragma once

struct daemon;
struct events;

int events_new(struct daemon *d, struct events **ret);
struct events *events_free(struct events *e); /* always NULL; e may be NULL */

/* Another policy is in force, so other files matter. */
void events_policy(struct daemon *d);
