/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A token that a user has brought: lazaret-vet looks whether it is signed, leave.h whether it is
 * for this host and its challenge; then the host is released, or the try was a wrong one.
 */
#pragma once

#include <sys/types.h>

#include "agent/base/err.h"
#include "agent/base/wire.h"

struct daemon;
struct sd_event_source;

/* One token at a time.  Zeroed but for `daemon`. */
struct redeem {
	struct daemon *daemon;
	uid_t who; /* has brought it */
	uint8_t host[HOST_ID];
	struct sd_event_source *vet, *limit;
};

/*
 * 0: lazaret-vet is looking at it, and control_release() answers the verb `release` within 15 s.
 * Else nothing was tried, with the reason.
 */
int redeem(struct redeem *r, const char *token, const uint8_t host[HOST_ID], uid_t who,
	   struct fault *fault);

/* Ends what is under way, without an answer. */
void redeem_stop(struct redeem *r);
