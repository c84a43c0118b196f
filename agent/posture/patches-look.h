/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look at patches, between what finds (patches.c) and what tells (patches-tell.c). */
#pragma once

#include "agent/posture/kernel.h"
#include "agent/posture/patches.h"
#include "agent/posture/posture.h"
#include "agent/posture/trace.h"

/* The last findings that were whole, of security updates or of all. */
struct kept {
	struct findings *findings; /* NULL before there were any */
	int64_t when;		   /* they were made */
	int64_t confirmed;	   /* and last seen to hold */
	bool current;		   /* they came of what the trace says */
	struct trace trace;
	struct seen seen;
	size_t n_installed;
	enum manager manager;
	struct kernel kernel;
};

/* How old lists may be is judged anew in each look: it changes nothing in what was found. */
struct patches {
	struct kept kept[2]; /* the second one with "updates": "all" */
	size_t last;	     /* which of them was put there last */
};

/* One look: what it reads, and what comes of it. */
struct look {
	const struct requirement *req;
	const struct host *host;
	struct kept *kept; /* NULL: nothing is remembered */
	struct inventory *inv;
	struct seen seen;
	struct findings *findings;
	int err; /* why there may be more than what was found */
	struct fault fault;
	size_t counts[PATCH_STATES];
	struct kernel kernel;
};

/* Notes why something may be missing; the first reason stays. */
static inline void look_doubt(struct look *l, int err)
{
	if (!l->err)
		l->err = err;
}

/* Adds what is installed and waits for a restart.  -ENOMEM. */
int patches_wait(struct look *l);
/* Adds the evidence for that: of the kernel, and of the processes. */
void patches_tell_waits(const struct look *l, struct finding *f);

/* What was found, in words: grade, sentence, advice and items. */
void patches_tell(struct look *l, struct finding *f);
