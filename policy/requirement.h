/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>

#include "policy/reader.h"

/*
 * The member `requirements` of a policy, with the members of each check.  `field` is the
 * struct policy, whose providers are read already.  Errors as those of reader.h.
 */
int requirements_read(struct reader *r, const struct member *m, json_t *value, void *field);
