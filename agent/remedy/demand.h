/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"
#include "policy/document.h"
#include "policy/feed.h"

/* For whoever mends nothing: no provider is passed over. */
#define REMEDY_ANY REMEDY_COUNT

/*
 * The policy in force, from the verified store and from nowhere else; the caller frees it.
 * -ENOENT: there never was one.
 */
int demand_policy(struct policy **ret, struct fault *fault);

/*
 * Does something for each provider that this policy demands, as its requirement has it.  A host
 * that never had a policy has ClamAV's.  Providers without that remedy are passed over; when none
 * is left, and when one fails, the fault says so.  0 or -errno.
 */
int demand_each(enum remedy remedy,
		int (*each)(const struct requirement *q, struct report *report,
			    struct fault *fault),
		struct report *report, struct fault *fault);

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
 * The baseline that the policy in force demands of a firewall: 1 and *ret, the ports that any of
 * its requirements exposes; 0 when it demands none, or there is no policy; or -errno.
 */
int demand_baseline(struct exposed *ret, struct fault *fault);
