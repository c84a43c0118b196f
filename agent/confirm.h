/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commit and confirm: once the quarantine is laid, lazaret-fetch tries whether the policy's servers
 * still answer, and whether an address that no list names does not.  When the rules themselves
 * shut the repair out (a server that just does not answer is no such thing) the list becomes
 * wider (widen.h), by no more than it takes; when that does not help it is the policy's own again.
 * When a VPN may be what swallows it, the other way is tried first (way.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/allow.h"

struct confirm;
struct daemon;

enum path {
	PATH_UNTRIED,
	PATH_WORKS,
	PATH_SILENT, /* no server answers; the rules let us out */
	PATH_SHUT,   /* the rules do not, and nothing that is known would help */
	PATH_COUNT
};
extern const char *const path_names[PATH_COUNT];

enum width {
	WIDTH_SIGNED,	/* the list as the policy has it */
	WIDTH_EVERYONE, /* open to every program: lazaret-fetch is no repair service */
	WIDTH_KNOWN,	/* with servers that are known, or any resolver; maybe to every program */
	WIDTH_COUNT
};
extern const char *const width_names[WIDTH_COUNT];

struct confirmed {
	enum path path;
	enum width width;
	int64_t at;		/* when it was found out; 0: not yet */
	bool leak;		/* a forbidden destination was not refused */
	char past[TUNNEL_ROOM]; /* repair is led past this tunnel; or empty */
	char why[240];		/* why it is not PATH_WORKS with WIDTH_SIGNED */
};

/* 0 or -errno; tries nothing before the quarantine is laid. */
int confirm_new(struct daemon *d, struct confirm **ret);
struct confirm *confirm_free(struct confirm *c); /* always NULL */

/* What was found out so far; of c, and as long. */
const struct confirmed *confirm_state(const struct confirm *c);

/* The list to lay now; there must be a policy. */
const struct allow *confirm_list(const struct daemon *d);

/* d->allow is another one, while the one before is still there. */
void confirm_renew(struct daemon *d);

/* Routes or links changed. */
void confirm_network(struct daemon *d);

/* The quarantine was laid, or lifted. */
void confirm_laid(struct daemon *d);
void confirm_lifted(struct daemon *d);

/*
 * A refresh failed in quarantine, or brought another policy: tries anew.  Out of quarantine
 * nothing is changed, but a policy that forgot its server is told of before it matters.
 */
void confirm_again(struct daemon *d);

/* The policy is about to be freed; of its list is kept what a later one may need. */
void confirm_forget(struct daemon *d);
