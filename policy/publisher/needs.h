/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/publisher/quorum.h"

#define NEEDS_QUORUMS 2 /* of a root: the one before it, and its own */

/* Whose signatures a draft needs. */
struct needs {
	struct quorum quorums[NEEDS_QUORUMS];
	size_t n;
	json_t *by; /* the delegations that name the role; NULL for root's */
};

/* Those of a role; body is the root itself when it is one.  Release with needs_clear(). */
int needs_of(const struct workshop *w, const char *role, json_t *body, struct needs *ret,
	     struct fault *fault);
void needs_clear(struct needs *n);

bool needs_quorum(const struct quorum *q, json_t *file); /* enough of this one? */
bool needs_met(const struct needs *n, json_t *file);	 /* of each? */

/* A draft of the very version that metadata/ has is what a crash left of its promotion. */
bool needs_left_over(const struct workshop *w, const char *role, json_t *file);
