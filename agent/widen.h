/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is opened beside a policy's list that shuts its own repair out.  A network says which
 * address a name has, whether it has one, and whether a server answers; so none of that alone
 * opens anything.  What does is known by the host itself: where its own lazaret-fetch runs, that
 * the list has no resolver, and where a server proved its name before.
 */
#pragma once

#include "agent/base/allow.h"
#include "agent/served.h"
#include "agent/trial.h"

struct wider {
	bool everyone; /* to every program: lazaret-fetch is no repair service */
	bool dns_any;  /* any resolver: the list has none */
	size_t n;
	struct peer at[SERVED_MAX]; /* servers that were known, and that the rules refused */
};

/*
 * Adds what a trial that failed makes needed: servers it was refused that are among those known,
 * or in `good` (the last list that worked).  `apart`: the rules tell programs apart.
 * True when there is something new.
 */
bool wider_add(struct wider *w, const struct allow *signed_, const struct trial_seen *seen,
	       bool apart, const struct served *known, const struct allow *good);

/*
 * Takes away what a trial was not in need of, in which this server answered.  True when something
 * was.
 */
bool wider_trim(struct wider *w, unsigned saw, const struct peer *server);

/* Is anything added at all? */
bool wider_is(const struct wider *w);

/* Why it is needed, for people, in `out`. */
const char *wider_why(const struct wider *w, char *out, size_t room);

/*
 * A policy's list (merged, as a policy has it) with that.  All but ret->out is borrowed of
 * `signed_`; the caller frees ret->out and nothing else.  -E2BIG, -ENOMEM.
 */
int widen(const struct allow *signed_, const struct wider *w, struct allow *ret);

/* May one talk to this address and TCP port? */
bool widen_names(const struct allow *list, const struct peer *server);
