/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The `allow` member of a policy: whom a quarantined host may talk to. */
#pragma once

#include "agent/base/allow.h"
#include "policy/reader.h"

/*
 * A row's reader into a struct allow, which the caller frees with allow_free().  Peers
 * come out sorted, and what another peer covers is left out: no two of them overlap.
 */
int allow_read(struct reader *r, const struct member *m, json_t *value, void *field);
