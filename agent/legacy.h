/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What lazaret-legacy tells of iptables-legacy's tables, of whose changes there is no event. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/posture/legacy.h"
#include "netfilter/xtables.h"

struct daemon;
struct sd_event_source;

/* The answer is there; not `told`: there is none, though there are rules. */
typedef void (*legacy_then)(struct daemon *d, bool told);
#define LEGACY_THENS 2

struct tables {
	struct legacy is;     /* the host's (posture.h) */
	struct xtables rules; /* those of `is`: a mapping */
	struct xtables other; /* such as were told once, and differ from those */
	struct legacy others;
	unsigned changes;		      /* how often others yet were, in a row */
	struct sd_event_source *talk, *limit; /* under way, or NULL */
	struct sd_event_source *again;	      /* to ask once more soon; or NULL */
	bool more;			      /* to ask once more behind the talk under way */
	unsigned stirs;			      /* and as often if nothing is new */
	/* All io_boot_ms(), or 0: never.  Of `told` and `began`: when the question was put. */
	uint64_t asked, began, told;
	uint64_t since;			 /* what was told before does not count */
	bool round;			 /* one waits for the answer */
	legacy_then then[LEGACY_THENS];	 /* and so do these; or NULL */
	legacy_then later[LEGACY_THENS]; /* and these for the next one */
	char why[240];			 /* what was wrong with the last one, or empty */
};

/*
 * Asks, when the policy wants a firewall and nobody asked for a while.  A host whose rules are
 * others than before is looked at, once two answers in a row are the same: whoever lays rules may
 * be in the middle of it.
 */
void legacy_ask(struct daemon *d);

/* The same at once, or behind the question under way: rules may have changed. */
void legacy_hurry(struct daemon *d);

/* And a round waits for the answer: of what was told before nothing counts. */
void legacy_forget(struct daemon *d);

/* Tables are about to be made: it is asked for some seconds until they are there. */
void legacy_stirred(struct daemon *d);

/* As legacy_hurry(), and then() comes behind it; false: there is no answer to wait for. */
bool legacy_await(struct daemon *d, legacy_then then);

/*
 * Does a round have to wait, as too little is known, or for too long?  It comes when the answer is
 * there, or it is clear that there is none.
 */
bool legacy_awaited(struct daemon *d);

/* Are there rules whose changes have no event? */
bool legacy_is_there(const struct daemon *d);

/* Were they told since then (io_boot_ms())?  Where there are none nothing has to be. */
bool legacy_told_since(const struct daemon *d, uint64_t then);

void legacy_stop(struct daemon *d);
