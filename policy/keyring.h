/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/role.h"

/* The keys that a root or a delegation lists, and who of them signs a role. */
struct keyring {
	struct key *keys[ROLE_KEYS_MAX];
	size_t n;
};

/*
 * The "keys" member.  What cannot be used (an unknown type, a wrong id, no key at all) stays
 * out and signs nothing; so a threshold that needs it is never met.  -EINVAL for more than
 * ROLE_KEYS_MAX, or -ENOMEM.  Whatever it answers, release with keyring_clear().
 */
int keyring_read(struct keyring *ring, json_t *keys, struct fault *fault);
void keyring_clear(struct keyring *ring);

/* "keyids" and "threshold" of a role.  Ids that are not in the ring stay out.  -EINVAL. */
int keyring_signers(const struct keyring *ring, json_t *role, struct signers *ret,
		    struct fault *fault);
