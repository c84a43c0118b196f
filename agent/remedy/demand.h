/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "agent/remedy/step.h"
#include "policy/document.h"
#include "policy/feed.h"

/* For whoever mends nothing: no requirement is passed over. */
#define REMEDY_ANY REMEDY_COUNT

/*
 * The policy in force, from the verified store and from nowhere else; the caller frees it.
 * -ENOENT: there never was one.
 */
int demand_policy(struct policy **ret, struct fault *fault);

/* What is done for the providers that a policy demands. */
struct demand {
	enum remedy remedy; /* for those whose requirement lists it; or REMEDY_ANY */
	/* Looks whether a requirement fails; asked only where the remedy may mean several; NULL */
	bool (*fails)(const struct requirement *q);
	/* Given the requirement with the parts that any requirement of this provider demands. */
	int (*each)(const struct requirement *q, struct report *report, struct fault *fault);
};

/*
 * Does it under the policy in force, once for each provider; a host that never had a policy has
 * ClamAV's.  Where several providers have the remedy, only those that fail are repaired.  When one
 * cannot be, the others are all the same, and the first fault is told.  -ENOENT: no requirement
 * lists it; or -errno.
 */
int demand_each(const struct demand *d, struct report *report, struct fault *fault);
/* The same under that policy. */
int demand_each_of(const struct policy *p, const struct demand *d, struct report *report,
		   struct fault *fault);

/* What the policy in force demands of patches, all its requirements together. */
struct demand_patches {
	bool all; /* one of them wants all updates */
	struct feed
		*feed; /* of this host; NULL: none is wanted, or it is not there; feed_unmap() */
	struct fault doubt; /* why a feed that is wanted is not there */
};

/* A host that never had a policy has no feed, and wants security updates. */
int demand_patches(int root, struct demand_patches *ret, struct fault *fault);

/* How many seconds the policy in force gives that remedy; without one what it needs. */
unsigned demand_limit(enum remedy remedy);

/*
 * The ports that any firewall's requirement of the policy in force exposes; with `baseline` of
 * those that demand one.  1 and *ret; 0 when there is no such requirement, or no policy; or -errno.
 */
int demand_exposed(bool baseline, struct exposed *ret, struct fault *fault);
