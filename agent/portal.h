/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captive portals: a network that wants a login before it lets anybody out.  A quarantined host
 * notices one by a probe whose answer is not the expected one but a redirection, and opens that
 * portal's host for a while.  Pure: no clock, no I/O; whoever calls does what comes back.
 * Moments are seconds of CLOCK_BOOTTIME.
 */
#pragma once

#include "agent/base/allow.h"
#include "agent/base/web.h"
#include "agent/clock.h"
#include "policy/portal.h"

#define PORTAL_CHECK_SECONDS 5	/* between looks whether somebody has logged in */
#define PORTAL_RETRY_MIN     30 /* after a probe that told nothing; doubled each time */
#define PORTAL_RETRY_MAX     900
#define PORTAL_WHY	     160

enum portal_state {
	PORTAL_OFF,	/* there is no quarantine, or the policy opens no portals */
	PORTAL_ASKING,	/* the first probe in this network is under way */
	PORTAL_CLEAR,	/* it was answered as expected */
	PORTAL_UNCLEAR, /* nobody answered, or something did that names no place to log in at */
	PORTAL_NAMING,	/* a portal is there, and its name is being resolved */
	PORTAL_OPEN,	/* its addresses are open to every program */
	PORTAL_BARRED,	/* ... and may not be opened again before `due` */
	PORTAL_STATES
};
extern const char *const portal_names[PORTAL_STATES];

/* The ledger's words for both. */
#define PORTAL_OPENED "opened"
#define PORTAL_SEALED "sealed"

/*
 * When portals were opened, in seconds since 1970, as it outlives a restart: the latest first, no
 * two at once; 0: not yet.
 */
struct portal_past {
	int64_t opened[PORTAL_ATTEMPTS_MAX];
};

struct portal {
	enum portal_state state;
	uint64_t due;	 /* PORTAL_TICK is then; UINT64_MAX: never */
	uint64_t until;	 /* of PORTAL_OPEN */
	uint64_t pause;	 /* seconds, the last one of PORTAL_UNCLEAR */
	bool asking;	 /* an answer to the probe counts; to nothing else, or not any more */
	struct web page; /* where to log in */
	struct peer open[PORTAL_ADDRESSES_MAX * PORTAL_PORTS_MAX];
	size_t n_open;
	char why[PORTAL_WHY];
};

enum portal_event {
	PORTAL_BEGIN,	 /* the quarantine was laid, the network is another one, or so the policy */
	PORTAL_END,	 /* it was lifted, or the policy has no portals */
	PORTAL_AGAIN,	 /* repair does not get out, or something else that a portal may explain */
	PORTAL_TICK,	 /* `due` has come */
	PORTAL_EXPECTED, /* the probe was answered as it should be */
	PORTAL_REDIRECT, /* ... with another place to go to, `page` */
	PORTAL_IN_PLACE, /* ... with a page of somebody else's; it is at `page`, an address */
	PORTAL_STRANGE,	 /* ... in another way, `why` */
	PORTAL_FAILED,	 /* ... not at all, `why` */
	PORTAL_FOUND,	 /* the name's addresses */
	PORTAL_LOST,	 /* it has none, `why` */
	PORTAL_EVENTS
};

/* What an event brings along, each field for those that say so. */
struct portal_news {
	const struct web *page;
	const struct prefix *found;
	size_t n_found;
	const char *why;
};

/* What there is besides. */
struct portal_world {
	const struct portal_rule *rule;
	const struct allow *allow; /* the list in force: no portal is where it leads to */
	struct portal_past *past;  /* changed with each opening */
	uint64_t boot;
	int64_t now; /* seconds since 1970 */
};

/* What is to be done after an event. */
enum portal_deed {
	PORTAL_REST,
	PORTAL_ASK,	/* send the probe */
	PORTAL_RESOLVE, /* find the addresses of page.host, which may be asked for from now on */
};

/* `open`, page.host and `due` are to be taken from *p after each event. */
enum portal_deed portal_on(struct portal *p, enum portal_event event,
			   const struct portal_news *news, const struct portal_world *w);

/* What every program may ask for: the portal's name, or NULL. */
const struct name *portal_name(const struct portal *p);

/* An opening; it counts once, however often the ledger tells of it. */
void portal_note(struct portal_past *past, int64_t at);

void portal_leap(struct portal_past *past, struct leap leap);
