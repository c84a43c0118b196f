/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By which way repair goes in quarantine.  A VPN that takes all traffic takes repair's as well, and
 * may be dead, or end at an endpoint that the policy does not name; then a detour leads past it
 * (netfilter/detour.h).  A tunnel that the policy names is tried before the detour, and any other
 * after it.
 */
#pragma once

#include <stdbool.h>

#include "agent/base/allow.h"

struct way {
	char past[TUNNEL_ROOM]; /* the tunnel that a detour leads past; empty: there is no detour */
	char seen[TUNNEL_ROOM]; /* the one that stood in the way at the beginning; empty: none */
	bool turned;		/* the other way was tried before this one */
};

/*
 * Begins anew: with a detour that is in use, else with the way that is to be tried first.  Without
 * a tunnel in the way, and when the routes cannot be changed (which is logged), that is as the
 * host's routes have it.
 */
void way_begin(struct way *w, const struct allow *list);

/* The other way, when there is one that was not tried. */
bool way_turn(struct way *w, const struct allow *list);

/*
 * Both failed: as the host's routes have it, until the next beginning.  A detour that cannot be
 * taken away stays in `past`, and is tried again by the next call: -errno, which is logged.
 */
int way_leave(struct way *w);

/*
 * The network changed: the detour, if there is one, goes by the routers there are now.  True when
 * another tunnel stands in the way than at the beginning, which asks for a new one.
 */
bool way_renew(struct way *w, const struct allow *list);

/* As the host's routes have it, whatever an earlier process left; else as way_leave(). */
int way_end(struct way *w);
