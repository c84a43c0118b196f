/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/trusted.h"

#define TARGET_ROLES_MAX 32 /* delegated roles visited for one target, so also their depth */

/*
 * Which hash and length the trusted roles give a target: targets first, then whom they
 * delegate to, pre-order, each role once (section 5.6.7).  -ENOENT when none lists it; any
 * other error is of a role that could not be had or trusted, which ends the search.
 */
int target_find(struct tuf *t, const char *path, struct mark *ret, struct fault *fault);
