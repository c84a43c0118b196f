/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the host is.  Another network is a new judgement: until it is passed the host is held.
 * Another address in the same network is none.
 */
#pragma once

struct daemon;

/* From now on; where the host is at first counts as known.  -errno. */
int network_start(struct daemon *d);
void network_stop(struct daemon *d);
