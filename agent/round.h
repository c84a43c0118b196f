/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct daemon;

/* Before the first round, which may have to wait for helpers: what held the host goes on to. */
void round_begin(struct daemon *d);

/*
 * One round: looks at everything the policy demands, judges it, brings the kernel to
 * the state, starts the remedy that is due, and sets the time of the next round.
 * Nothing without a policy.  cause is for the journal.
 */
void round_look(struct daemon *d, const char *cause);

/* The same when an event concerns but some: bits by enum check.  The others keep their finding. */
void round_look_at(struct daemon *d, unsigned checks, const char *cause);

/*
 * Nothing is known of the host where it is now, so it is held until the round that follows has
 * judged it.  Who is quarantined or released stays so, and is held once he is well; who is audited
 * is not.
 */
void round_hold(struct daemon *d, const char *cause);

/* Sets the time of the next round anew, after what it depends on has changed. */
void round_wake(struct daemon *d);

/* What was decided is on disk before it takes effect; a full disk is no reason not to act. */
void round_keep(struct daemon *d);
