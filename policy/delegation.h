/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom targets metadata trusts for which targets: "delegations" (TUF 1.0.34 section 4.5),
 * a list of roles or succinct hash bins (TAP 15).
 */
#pragma once

#include <stddef.h>

#include "policy/names.h"
#include "policy/role.h"

struct delegations;

/* One role, as its delegator wants it verified. */
struct delegation {
	char name[ROLE_NAME_ROOM];
	bool terminating;	/* what it does not have, nobody has who comes after it */
	struct signers signers; /* keys belong to the delegations */
};

/*
 * The "delegations" member of a body.  0 with *ret NULL when there is none; -EINVAL with
 * the reason, or -ENOMEM.  It points into body.  Release *ret with delegations_free().
 */
int delegations_read(json_t *body, struct delegations **ret, struct fault *fault);
struct delegations *delegations_free(struct delegations *d); /* always NULL; d may be NULL */
DEFINE_DROP(delegations, delegations_free)

/*
 * The next role, in listed order, that is trusted for the target; *at counts, from 0.
 * -ENOENT at the end, and when d is NULL.
 */
int delegations_next(const struct delegations *d, const char *target, size_t *at,
		     struct delegation *ret);
