/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <jansson.h>

#include "agent/base/err.h"

/*
 * The one form of a JSON value that TUF signs and hashes (OLPC canonical JSON, TUF
 * 1.0.34 section 4.2): no blanks, members in byte order of their UTF-8 names, in
 * strings only '"' and '\' escaped and everything else raw.  The result need not be JSON.
 * Whole numbers only: -EINVAL for others; -ENOMEM.  The caller frees *ret.
 */
int canon_write(const json_t *value, char **ret, size_t *len, struct fault *fault);
