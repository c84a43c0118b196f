/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The remedy that is needed in a hurry waits beforehand.  Most of the time that an antivirus is off
 * after somebody has stopped it would be systemd's, making the sandbox of antivirus-start; so while
 * the policy has that as the first remedy of an antivirus, lazaretd is connected to its socket
 * already, and it sleeps in its sandbox until it is told to go.  It has read nothing by then: what
 * the policy demands it reads afterwards.
 *
 * Nothing depends on it.  When none waits, a remedy is started as any other is.
 */
#pragma once

#include <stdint.h>

#include "agent/base/err.h"
#include "policy/menu.h"

#define WARM_PAUSE_MS 60000 /* from one that was made to the next one */

struct daemon;
struct sd_event_source;

/* Start from zeros. */
struct warm {
	struct sd_event_source *io; /* owns the connection; NULL: none waits */
	uint64_t made;		    /* io_boot_ms(); 0: never */
};

/*
 * Starts a remedy, with the one that waits if it is that one.  The connected descriptor, for
 * remedy_watch(), or -errno.
 */
int warm_ask(struct daemon *d, enum remedy remedy, struct fault *fault);

/* After each round, and when one that waited has ended: has one wait, or ends it, as the policy is.
 */
void warm_round(struct daemon *d);

/* The one that waits ends; the next round has another one wait. */
void warm_drop(struct daemon *d);
