/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/publisher/workshop.h"

/*
 * How long what is signed stays valid when nothing else is said.  Targets and snapshot change
 * together; only timestamp need be renewed in between, and its key is the one that may be on
 * a server.
 */
#define ROOT_LIFE      (365 * 86400)
#define SIGN_LIFE      (90 * 86400)
#define TIMESTAMP_LIFE (14 * 86400)

/*
 * Brings the folder as far as the keys at hand can: signs drafts, moves those that have their
 * quorum into metadata/ (root first), and drafts and signs what follows from them, down to
 * the timestamp.  Whatever stops it, running it again goes on.  0 when all is signed;
 * -EINPROGRESS when signatures of others are missing, which release_waiting() lists.
 */
int release_run(struct workshop *w, const struct options *o, struct fault *fault);

/* The next timestamp, whatever drafts there are.  -EINPROGRESS as above. */
int release_timestamp(struct workshop *w, const struct options *o, struct fault *fault);

/*
 * Signs a role's draft with the keys at hand and leaves it where it is.  -EINPROGRESS when
 * signatures are missing still; 0 when it is complete.
 */
int release_sign_draft(struct workshop *w, const char *role, struct fault *fault);

/*
 * An array of {"role", "version", "have", "threshold", "missing": [names]}, one for each
 * quorum that a draft lacks; a root may lack the old and the new one.  The caller owns *ret.
 */
int release_waiting(const struct workshop *w, json_t **ret, struct fault *fault);

/* The same for people, a line each on standard error. */
void release_tell(const struct workshop *w);
