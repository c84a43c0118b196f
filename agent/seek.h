/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One round of questions for names, through lazaret-fetch: the daemon talks to no resolver. */
#pragma once

#include <stddef.h>

#include "agent/base/named.h"
#include "agent/base/wire.h"
#include "agent/helper.h"

struct sd_event;
struct seek;

/* From the loop. */
struct seek_handlers {
	void (*found)(void *ctx, const struct fetch_found *found); /* each answer, as it came */
	/* All have answered, or the time is over, or `why` it broke off.  It may be freed in there.
	 */
	void (*done)(void *ctx, const char *why);
};

/* The time is that of [Policy] Timeout=.  -errno with a fault when it could not even begin; then no
 * handler is called. */
int seek_start(struct sd_event *loop, const struct helpers *helpers, const struct name *names,
	       size_t n, const struct seek_handlers *handlers, void *ctx, struct seek **ret,
	       struct fault *fault);
struct seek *seek_free(struct seek *s); /* always NULL; stops one under way */
