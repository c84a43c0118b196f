/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>

#include "agent/base/err.h"
#include "policy/role.h"

/*
 * Makes `threshold` new keys for a role, as the next free keys/ROLE-N.pem below dir, and
 * lists them in a root's `signed` member in place of all the role had.  Keys that no
 * role lists any more leave the root; their files stay.
 */
int ring_renew(int dir, enum role role, unsigned threshold, json_t *root, struct fault *fault);
