/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the host is.  Another network is a new judgement: until it is passed the host is held.
 * Another address in the same network is none.
 */
#pragma once

#include <stdbool.h>

struct daemon;

/*
 * From now on.  The network at the start counts as known; a host that is in none counts as having
 * left one.  0 or -errno.
 */
int network_start(struct daemon *d);

/*
 * Before the first look: a host in no network, with a link up, may be about to come into one.  If
 * it is held, as at boot, it stays so until that is known; if it is not, it was judged with these
 * links.
 */
void network_expect(struct daemon *d);
void network_stop(struct daemon *d);

/*
 * Is a link up again since the last network was lost, and no router known yet?  What comes is
 * another network; the host is held before it could send anything there.
 */
bool network_awaited(const struct daemon *d);
