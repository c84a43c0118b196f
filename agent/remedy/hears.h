/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * Whether a datagram that this host sends itself arrives, by each family that loopback has.  ufw
 * and firewalld let it in by the same rules as answers: where it does not, theirs are not all
 * there, and the host is cut off.  What somebody wrote by hand may well drop it, and let answers
 * in. Where it cannot be tried it counts as heard.  Takes up to 0.4 s.
 */
bool hears_itself(void);
