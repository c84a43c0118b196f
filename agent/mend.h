/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct daemon;
struct subject;

/*
 * Starts the next remedy that is due, one at a time on the whole host; nothing in
 * audit mode.  When it ends the host is looked at again: only that counts.
 */
void mend(struct daemon *d);

/*
 * There is a way out, and there may have been none before: repairs that failed for want of it are
 * tried again: after some seconds, in which names resolve, but each LADDER_PAUSE_MIN seconds at
 * most, since ways out come and go.  Sees to it that the next round is in time.
 */
void mend_hurry(struct daemon *d);

/* Is there such a repair, or may the one under way be another? */
bool mend_starves(const struct daemon *d);

/* After each look: whether the last remedy helped, and whether somebody undid it. */
void mend_look(struct daemon *d, struct subject *s);

/* It is undone again and again, by whom as far as that is known by now. */
void mend_tell_tug(struct daemon *d, const struct subject *s);

/* After each verdict: what keeps being undone is breached when the policy says so. */
void mend_judge(struct daemon *d, struct subject *s);

/* When mend() has something to do, or mend_judge() something else to say; INT64_MAX: never. */
int64_t mend_due(const struct daemon *d);

/* After another policy: the remedy under way was that requirement's, and is still if it has it. */
void mend_keep(struct daemon *d, const char *requirement);

/* Stops waiting for a remedy under way; the remedy itself runs to its own end. */
void mend_stop(struct daemon *d);
