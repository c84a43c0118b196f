/* SPDX-License-Identifier: GPL-2.0-or-later */
/* While dnf.c reads repositories: what dnf-offers.c concludes of each package and advisory. */
#pragma once

#include "agent/posture/dnf.h"
#include "agent/posture/modules.h"
#include "agent/posture/primary.h"
#include "agent/posture/repomd.h"
#include "agent/posture/repos.h"
#include "agent/posture/updateinfo.h"

/* A repository with metadata. */
struct source {
	const struct repo *repo;
	int folder;
	struct repomd md;
};

/* A version that was taken back. */
struct retracted {
	struct retracted *next;
	size_t row;
	struct word evr;
};

struct scan {
	const struct dnf_ask *ask;
	struct inventory *inv;
	struct repos *repos;
	struct modules *modules;
	struct source sources[REPOS_MAX]; /* the best by priority first */
	size_t n;
	struct dnf_candidate *candidates;
	struct retracted *retracted;
	size_t n_advice;
	bool advises;
	struct seen seen;
	int err; /* the first doubt, and why; what comes after it is read all the same */
	struct fault *fault;
};

/* Which repository a call is about. */
struct scan_of {
	struct scan *scan;
	const struct source *source;
};

/* Calls for updateinfo_read() and then, when all repositories have had it, for primary_read(). */
int dnf_advise(void *scan_of, const struct updateinfo_package *p);
int dnf_weigh(void *scan_of, const struct primary_package *p);
