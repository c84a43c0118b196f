/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look at patches, between what finds (patches.c) and what tells (patches-tell.c). */
#pragma once

#include "agent/posture/patches.h"
#include "agent/posture/posture.h"
#include "agent/posture/trace.h"

struct patches {
	struct findings *findings; /* the last that were whole */
	int64_t when;
	bool current; /* they came of what the trace says */
	struct trace trace;
	unsigned long index_max_age;
	bool all;
	struct apt_seen seen;
	size_t n_installed;
};

/* One look: what it reads, and what comes of it. */
struct look {
	const struct requirement *req;
	const struct host *host;
	struct inventory *inv;
	struct apt *apt;
	struct findings *findings;
	int err; /* why there may be more than what was found */
	struct fault fault;
	size_t counts[PATCH_STATES];
};

/* What was found, in words: grade, sentence, advice and items. */
void patches_tell(struct look *l, struct finding *f);
