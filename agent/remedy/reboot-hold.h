/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keeps the host from being restarted at this moment. */
#pragma once

#include "agent/base/err.h"

/* How many are logged in, as logind knows of sessions (sd-login(3)), and the first one's name. */
unsigned hold_users(char name[64]);

/*
 * Who holds a block inhibitor against shutdown at logind (org.freedesktop.login1(5)): 1 and the
 * fault says it, 0 when nobody does or there is no logind, or -errno when it cannot be asked.
 */
int hold_inhibitor(struct fault *fault);
