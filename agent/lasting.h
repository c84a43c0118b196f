/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The faults of one requirement, told apart by the probe that fails, whatever it says.  A fault
 * lasts from the first look at which its probe fails to the next one at which it passes; one that
 * is not asked or cannot tell changes nothing.  Pure; times are seconds since 1970.
 */
#pragma once

#include <stddef.h>

#include "agent/clock.h"
#include "agent/posture/posture.h"

#define LASTING_KEPT   16  /* further ones begin and end unseen */
#define LASTING_SETTLE 600 /* an antivirus that was started anew may take as long to answer */

/* What a look's probes saw, each once, by a hash of its name. */
struct probes {
	size_t n;
	struct probe {
		uint16_t id;
		bool passes;
		bool fails; /* and is demanded */
	} at[EVIDENCE_MAX];
};
void probes_of(const struct finding *f, struct probes *ret);

/* Start from zeros. */
struct lasting {
	bool disturbed; /* a remedy was at work since the last look */
	size_t n;
	struct lasting_fault {
		uint16_t probe;
		int64_t doubt; /* until then it may be that remedy's doing; 0: it is not */
	} at[LASTING_KEPT];
};

/* What a look means; bits. */
enum {
	LASTING_MOVED = 1, /* something worth remembering */
	LASTING_BEGAN = 2, /* a fault did, and it is no remedy's doing */
	LASTING_ENDED = 4, /* one that was none */
};
unsigned lasting_look(struct lasting *l, const struct probes *seen, int64_t now);

void lasting_leap(struct lasting *l, struct leap leap);

/*
 * As text, empty or beginning with a blank: the length of what of it has room; and back: where it
 * ends.  What has no room, and what is in doubt, is not told apart after a restart.
 */
size_t lasting_put(const struct lasting *l, char *text, size_t room);
const char *lasting_get(const char *text, struct lasting *ret);
