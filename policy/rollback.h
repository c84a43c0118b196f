/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/role.h"

/*
 * May a new file take the place of an old one (NULL: there is none)?  A timestamp's own
 * version must not fall, nor may timestamp or snapshot name a lower version of a file or
 * leave one out (TUF 1.0.34 sections 5.4.3 and 5.5.5).  0 or -EPERM; expiry plays no part.
 */
int rollback_check(const struct metadata *old, const struct metadata *new, struct fault *fault);
