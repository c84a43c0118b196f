/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys that a next root gives to roles: made here, or made elsewhere and handed in. */
#pragma once

#include "policy/publisher/phrase.h"
#include "policy/publisher/workshop.h"

#define RING_KEYS	   64
#define RING_THRESHOLD_MAX 9

struct ring {
	struct {
		struct secret *secret;
		enum role role;
		char path[100]; /* keys/ROLE-N.pem, once it is stored */
	} made[RING_KEYS];
	size_t n;
	struct phrase phrase;
};

/*
 * -EINVAL when --public or --no-passphrase name what is no role, or --public none of these, which
 * end with NULL; NULL is all: who misspells one would get other keys than he meant.
 */
int ring_check(const struct options *o, char *const *roles, struct fault *fault);

/*
 * Gives a role keys in place of all it had in root's body: those of --public ROLE=FILE, else
 * `threshold` new ones, which stay in memory.  Keys that no role lists any more leave the body.
 */
int ring_renew(struct ring *r, const struct options *o, struct hand *hand, enum role role,
	       unsigned threshold, json_t *root, struct fault *fault);

/*
 * Writes the new keys as the next free keys/ROLE-N.pem, sealed with one passphrase that is
 * asked for, but for roles of --no-passphrase; then hands them to the workshop.  All or none.
 */
int ring_store(struct ring *r, const struct options *o, struct workshop *w, struct fault *fault);

/* Takes the files away again that no root lists after all. */
void ring_undo(struct ring *r, int dir);
void ring_clear(struct ring *r);
