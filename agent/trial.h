/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trial of the policy's servers: lazaret-fetch is asked about one after the other, until one
 * answers.  Nothing is fetched.
 */
#pragma once

#include <stdbool.h>

#include "agent/base/allow.h"
#include "agent/base/wire.h"

#define TRIAL_REFUSED_MAX 32

struct daemon;
struct trial;

/* By all that were tried since it began; no text while none failed. */
struct trial_seen {
	unsigned saw; /* bits FETCH_SAW_ */
	size_t n_refused;
	struct peer refused[TRIAL_REFUSED_MAX]; /* servers that the rules did not let us talk to */
	char why[240];
};

/*
 * Of each server's answer; `last`: no other is being tried now.  It may begin another trial.  Once
 * the host is without a policy nothing is answered.
 */
typedef void (*trial_answer)(void *ctx, const struct fetch_got *got, bool last);

/* 0 or -ENOMEM; asks nobody yet. */
int trial_new(struct daemon *d, trial_answer answer, void *ctx, struct trial **ret);
struct trial *trial_free(struct trial *t); /* always NULL */

/* Ends one that runs.  -EIO: none of the servers could be asked; trial_seen() has the reason. */
int trial_begin(struct trial *t);
void trial_end(struct trial *t);
bool trial_runs(const struct trial *t);

/* As an allow-list names a server; family 0 when it is none. */
struct peer trial_peer(const struct fetch_server *s);

/* Of t, and as long; trial_begin() empties it. */
const struct trial_seen *trial_seen(const struct trial *t);
