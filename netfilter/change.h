/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two lists of peers, as far as it can be edited peer by peer. */
#pragma once

#include "agent/base/allow.h"

#define CHANGE_MAX 4096 /* peers that come or go; more are laid anew as fast */

struct change {
	size_t head, tail;		  /* so many peers at the begin and at the end stay */
	size_t n_old, n_new;		  /* between those, in either list */
	const struct peer **gone, **come; /* of them: nowhere in the other list; none twice */
	size_t n_gone, n_come;
};

/*
 * Free with change_free().  -E2BIG for more than CHANGE_MAX, -EOPNOTSUPP when a prefix is
 * among them (how prefixes overlap decides over all of them), -ENOMEM.  The peers of `to` that
 * differ are not checked yet.
 */
int change_find(const struct peer *from, size_t n_from, const struct peer *to, size_t n_to,
		struct change *ret);
void change_free(struct change *c);
