/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the looks at patches remember: the last findings that were whole, and of which files they
 * came.  While those have not changed nothing is read again.
 */
#pragma once

#include <stdbool.h>

#include "agent/posture/findings.h"

struct patches;
struct requirement;

struct patches *patches_new(void);		 /* NULL without memory */
struct patches *patches_free(struct patches *p); /* always NULL; p may be NULL */

/* The next look reads everything again: somebody asked, or the feed is another one. */
void patches_forget(struct patches *p);

/*
 * The last findings that were whole, and when they were; NULL before there were any.  A look that
 * ends in unknown leaves them as they are.
 */
const struct findings *patches_findings(const struct patches *p, int64_t *when);

/* The same if they are what this requirement asks for, which another one may not. */
const struct findings *patches_of(const struct patches *p, const struct requirement *req);
