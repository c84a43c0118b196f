/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keeps the host from being restarted at this moment. */
#pragma once

#include <stdbool.h>

#include "agent/base/err.h"

/* The first one who is logged in, as logind knows of sessions (sd-login(3)); false: nobody. */
bool hold_user(char name[64]);

/*
 * Who holds a block inhibitor against shutdown at logind (org.freedesktop.login1(5)): 1 and the
 * fault says it, 0 when nobody does or there is no logind, or -errno when it cannot be asked.
 */
int hold_inhibitor(struct fault *fault);

/*
 * dpkg's locks, and apt's with them: taken for as long as this process lives, so that nobody
 * begins to write packages on a host that goes down.  0; or -EBUSY with who has one; or -errno.
 */
int hold_packages(struct fault *fault);
