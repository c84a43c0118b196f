/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who must sign a role, as root or as the role that delegates to it says. */
#pragma once

#include <stdbool.h>

#include "policy/keyring.h"
#include "policy/publisher/workshop.h"

struct quorum {
	struct keyring ring;
	struct signers signers;
	json_t *ids;	/* belongs to holder */
	json_t *holder; /* root's body, or a "delegations" object */
};

/* The role as a body's or a "delegations" object's lists it.  -ENOENT without a fault. */
int quorum_of(json_t *holder, const char *role, struct quorum *ret, struct fault *fault);
void quorum_clear(struct quorum *q);

/*
 * The same for any role of the workshop, found from root and targets on.  It may point into
 * *by, the delegating file, which the caller owns; NULL when that is root.
 */
int quorum_find(const struct workshop *w, const char *role, json_t **by, struct quorum *ret,
		struct fault *fault);

/* Calls for each role that delegations from targets on reach, each once; stops at an error. */
int quorum_each(const struct workshop *w,
		int (*each)(void *ctx, const char *role, const char *delegator,
			    json_t *delegations),
		void *ctx, struct fault *fault);

/*
 * Whose valid signatures a file has.  *have counts them; *missing, unless NULL, becomes an
 * array of the ids of the others.  0 or -ENOMEM.
 */
int quorum_count(const struct quorum *q, json_t *file, size_t *have, json_t **missing);
