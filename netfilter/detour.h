/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A way past VPNs: while it is laid, what this host sends goes by the default routes of its own
 * links, whatever a VPN has put before them: a table with rules (wg-quick(8)) or the halves of a
 * default route (openvpn(8)).  Routes to a part of the world, longer than DETOUR_WIDE bits, stay in
 * use.  Two routing rules and a table of ours; see ip-rule(8) and linux/fib_rules.h.
 */
#pragma once

#include <net/if.h>
#include <stdint.h>

#include "agent/base/err.h"

#define DETOUR_TABLE	51777
#define DETOUR_PRIORITY 4100 /* and the next; before all that VPNs are known to use */
#define DETOUR_WIDE	7    /* bits: pieces of a default route are no longer */

/* 1 when packets to that address (AF_INET, AF_INET6) go into a tunnel, and which; 0, or -errno. */
int detour_tunnel(uint8_t family, const uint8_t *addr, char name[IFNAMSIZ], struct fault *fault);

/*
 * Lays it, or brings it in line with the default routes that there are now; what is laid already
 * is not touched.  1, or 0 when no link has a default route: then there is none; or -errno.
 */
int detour_lay(struct fault *fault);

/* Takes it away, be it another process's.  0 also when there was none, or -errno. */
int detour_lift(struct fault *fault);
