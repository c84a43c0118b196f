/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Break-glass: what is known of releases of this host (policy/token.h).  Pure: no clock, no I/O.
 * What outlives a restart is told to the ledger as entries of the kind ENTRY_RELEASE,
 *
 *	challenge  value: the nonce of the challenge that is shown; 0: it is void
 *	granted    value: until when; text: who signed, and the reason.  The challenge is used up
 *	ends       value: the same in seconds since boot
 *	ended      text: how
 *	reported   the policy server was told of it.  value: and of so many wrong tries
 *	by-root    value: how many wrong tries of root's in a row; text: what was wrong
 *	by-UID     the same of another user
 *	refused    the same of anybody but root, as it was told before there was by-UID
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "agent/base/wire.h"
#include "agent/clock.h"
#include "agent/ledger.h"
#include "policy/release.h"

#define LEAVE_CHALLENGE_LIFE 86400 /* seconds: a challenge that is older is answered no more */
#define LEAVE_WAIT_MIN	     2	   /* seconds after the second wrong try, doubled with each */
#define LEAVE_WAIT_MAX	     300
#define CLOCK_SLACK	     30 /* seconds: small steps back are time-keeping (clock.h) */

#define LEAVE_USERS 8

struct tries {
	uid_t who;
	unsigned n;    /* wrong ones in a row */
	uint64_t last; /* milliseconds since boot */
};

struct leave {
	uint64_t nonce;		/* of the challenge; 0: there is none */
	int64_t asked;		/* since when */
	int64_t granted, until; /* until is 0 when none is in force */
	bool reported;		/* the policy server knows of the last one */
	unsigned wrong_told;	/* and of so many wrong tries since */
	uint64_t ends;		/* seconds since boot; no later, whatever the clock says */
	int64_t seen;		/* since then, as late as the ledger told when we started */
	char why[ENTRY_TEXT];	/* who signed, and the reason */
	/*
	 * Root's, and then those of users, the latest first: nobody keeps others from trying.  Who
	 * comes when no place is left goes on where the one who was quiet for longest stopped, so
	 * that more users do not try more often than the places can.
	 */
	struct tries tries[1 + LEAVE_USERS];
};

/* What time it is: the clock, and milliseconds since boot, which nobody can set. */
struct moment {
	int64_t now;
	uint64_t boot_ms;
};

/*
 * Is it earlier than what the ledger has seen?  Then the clock was set back while the host was off,
 * and nobody knows how much of a release is left.
 */
bool leave_set_back(const struct leave *r, int64_t now);

/* Seconds that are left of the release in force; 0: there is none. */
uint64_t leave_left(const struct leave *r, struct moment at);

/* Is there a challenge that may still be answered? */
bool leave_asked(const struct leave *r, int64_t now);

/* How many seconds the user's next try has to wait. */
uint64_t leave_wait(const struct leave *r, uid_t who, uint64_t boot_ms);
/* The wrong tries of all since the last release. */
unsigned leave_wrong(const struct leave *r);

/*
 * Is the token, which lazaret-vet found to be signed, for this host and its challenge, and not for
 * longer than the policy allows?  0, or -EPERM and the reason.
 */
int leave_check(const struct leave *r, const struct vet_told *told, const uint8_t host[HOST_ID],
		const struct release_rule *rule, int64_t now, struct fault *fault);

/* Changes; each is told to the ledger by the caller's `tell`. */
typedef void (*leave_tell)(void *ctx, const char *name, int64_t value, const char *text);
void leave_ask(struct leave *r, uint64_t nonce, int64_t now, leave_tell tell, void *ctx);
/* The challenge is void; its nonce, for whoever cannot keep that. */
uint64_t leave_use_up(struct leave *r, leave_tell tell, void *ctx);
void leave_grant(struct leave *r, const struct vet_told *told, struct moment at, leave_tell tell,
		 void *ctx);
void leave_refuse(struct leave *r, uid_t who, const char *why, uint64_t boot_ms, leave_tell tell,
		  void *ctx);
void leave_end(struct leave *r, const char *how, leave_tell tell, void *ctx);

/*
 * What the policy server is to be told of this host, in one line:
 * "host=ID; released=TIME; wrong=N", without the time when no release is to be told, and "" when it
 * knows all.
 */
void leave_report(const struct leave *r, const uint8_t host[HOST_ID], char ret[WIRE_REPORT_MAX]);
void leave_reported(struct leave *r, leave_tell tell, void *ctx);

/* An entry's part in what holds now; what holds, as entries once more. */
void leave_recall(struct leave *r, const struct entry *e, uint64_t boot_ms);
void leave_repeat(const struct leave *r, void (*add)(void *ctx, const struct entry *e), void *ctx);
void leave_leap(struct leave *r, struct leap leap);
