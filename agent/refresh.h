/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One policy refresh: opens a session at lazaret-fetch, hands it to lazaret-vet, waits
 * for its word; after a fault, whatever it is, the next mirror.  The daemon itself touches neither
 * the network nor a byte of what came.
 */
#pragma once

#include "agent/base/wire.h"
#include "agent/helper.h"
#include "agent/mirrors.h"

struct sd_event;
struct refresh;

/* Called once, from the loop.  The refresh is over and may be freed in there. */
typedef void (*refresh_done)(void *ctx, const struct vet_said *said);

/*
 * report goes along with each request (wire.h) and outlives the refresh.
 * -errno with a fault when it could not even begin; then done() is not called.
 */
int refresh_start(struct sd_event *loop, const struct helpers *helpers, struct mirrors *mirrors,
		  const char *report, refresh_done done, void *ctx, struct refresh **ret,
		  struct fault *fault);
struct refresh *refresh_free(struct refresh *r); /* always NULL; stops one under way */
