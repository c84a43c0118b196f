/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which repositories of rpm packages a host uses, and what its administrator keeps back: dnf's
 * (dnf.conf(5)) or, where there are any, zypper's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/err.h"
#include "agent/posture/arena.h"
#include "agent/posture/evr.h"
#include "agent/posture/pins.h"

#define DNF_CONF      "etc/dnf/dnf.conf"
#define DNF_REPOS     "etc/yum.repos.d"
#define ZYPP_REPOS    "etc/zypp/repos.d"
#define REPOS_MAX     256
#define REPO_PRIORITY 99 /* when a repository does not say; the least is the best */

/* What a package is compared with, and where that stands. */
struct rule {
	struct rule *next;
	struct pin pin; /* file and line */
	char text[];
};

struct repo {
	const char *id;
	int priority;
	bool enabled;
	bool optional; /* skip_if_unavailable, said of this one by itself */
	bool hotfixes; /* module streams do not hide what it has */
	struct rule *excludes, *includes;
};

struct lock;

struct repos {
	bool zypp;
	struct repo rows[REPOS_MAX];
	size_t n; /* that are enabled, the best ones first */
	size_t n_all;
	struct rule *excludes, *includes; /* for all of them */
	struct lock *locks;
	struct arena texts;
};

/*
 * Reads the configuration of a root.  *ret is set and the fault says why it is not all: -EXDEV
 * when dnf is told to keep its files elsewhere, -E2BIG, or the -errno of reading; only with
 * -ENOMEM *ret is not set.
 */
int repos_read(int root, struct repos **ret, struct fault *fault);
struct repos *repos_free(struct repos *r); /* always NULL */

/*
 * What keeps that version of a package back which a repository offers; `installed` is the version
 * that the host has.  NULL: nothing does.
 */
const struct pin *repos_keep_back(const struct repos *r, const struct repo *repo,
				  const struct nevra *offered, struct word installed);
