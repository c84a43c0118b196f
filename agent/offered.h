/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Since when this host could have had each fix that it lacks.  A file of its own beside the ledger:
 * there may be thousands, they come and go together, and it is replaced in one step only when they
 * change.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/clock.h"
#include "agent/posture/findings.h"

/*
 * More are not remembered: then the least severe and, of those, the newest are forgotten, and
 * begin anew once there is room.  What comes due first is not among them.
 */
#define OFFERED_MAX 32768

struct first {
	int64_t since; /* seconds since 1970: first seen to be obtainable */
	uint64_t used; /* offered_used() then */
};

struct offered;

/*
 * Reads the file `offered` below a folder, which stays open.  -ENOMEM and nothing else; or *ret
 * is usable, and the fault is set when the file was not: all clocks begin anew.
 */
int offered_open(int folder, struct offered **ret, struct fault *fault);
struct offered *offered_close(struct offered *o); /* always NULL; o may be NULL */

/*
 * A round: between the two calls what is lacking is shown, and at the end the rest is forgotten
 * if all was shown.
 */
void offered_begin(struct offered *o);
void offered_end(struct offered *o, bool all);

/*
 * Findings of this moment.  The clock of a patch starts when it is to be had, or held back by the
 * host's administrator, or in another state among `fails_on`; then it runs whatever the state.
 * That of one that is installed and does not run yet starts when it was installed, where that is
 * known.
 * -ENOMEM: some are not remembered yet.
 */
int offered_see(struct offered *o, const struct findings *f, unsigned fails_on, int64_t now);

/* Of a patch_mark's id; NULL: its clock does not run. */
const struct first *offered_find(const struct offered *o, uint64_t id);

/* Seconds that the host could use so far, of those that somebody counted. */
uint64_t offered_used(const struct offered *o);
void offered_use(struct offered *o, uint64_t seconds);

void offered_leap(struct offered *o, struct leap leap);

/* Writes what has changed, durably; time that was used only now and then.  0 or -errno. */
int offered_keep(struct offered *o);
