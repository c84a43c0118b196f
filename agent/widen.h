/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The allow-list of a policy that shuts its own repair out, with what is known to help. */
#pragma once

#include "agent/base/allow.h"
#include "agent/served.h"

/*
 * A list that names whom `signed_` (merged, as a policy has it) names, whom `good` named (the last
 * list that worked, or NULL) and the servers that are known; open to every program; with any
 * resolver when none of them names one.  The names of `signed_` are borrowed; the caller frees
 * ret->out and nothing else. -EALREADY when that is no wider than `signed_` for every program,
 * -E2BIG, -ENOMEM.
 */
int widen(const struct allow *signed_, const struct allow *good, const struct served *known,
	  struct allow *ret);

/* Does the list name a resolver, any at all? */
bool widen_resolves(const struct allow *list);

/* May one talk to this address and TCP port? */
bool widen_names(const struct allow *list, const struct peer *server);
