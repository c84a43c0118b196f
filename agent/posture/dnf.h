/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the repositories of a host have for its rpm packages, and what their updates are for: by
 * the metadata that dnf or zypper fetched.  As dnf chooses: of the repositories that have a package
 * only the best by priority count, without what the administrator keeps back or what is of a module
 * stream that is not active.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "agent/posture/apt.h"
#include "agent/posture/inventory.h"
#include "agent/posture/seen.h"
#include "policy/feed.h"

struct dnf_ask {
	int root; /* the host's */
	int64_t now;
	uint64_t max_age; /* seconds; UINT64_MAX: any */
};

/* An update of one package that mends something: an advisory of a repository's own. */
struct advice {
	const struct advice *next;
	struct advisory advisory;
};

/* How one package stands.  In an offer `suite` is the repository. */
struct dnf_candidate {
	struct offer usable;	     /* the newest that dnf would take; version.p NULL: none */
	struct offer kept;	     /* the newest that it would not */
	const char *first;	     /* ... for this repository comes first; NULL: for a pin */
	const struct advice *advice; /* those that it lacks */
	int priority;		     /* of the best repository that has a package of that name */
	bool known;		     /* there is one */
};

struct dnf;

/*
 * Reads what the host's configuration enables.  0 when *ret is all there is to know.  Else the
 * fault says why not; *ret is set all the same (but with -ENODEV and -ENOMEM) and what it says is
 * true, but there may be more:
 *   -ENODEV      no repository is enabled
 *   -ENOENT      one has no metadata here
 *   -ESTALE      one was last fetched longer than max_age ago
 *   -ETIME       one lies more than a day ahead of `now`
 *   -EXDEV       dnf is told to keep its files elsewhere
 *   -EOPNOTSUPP  a file is compressed in a form that this build or host cannot read
 *   -EBADMSG     malformed, cut, or of another size than repomd.xml says
 * or the -errno of reading.  Texts are kept in the inventory, which must live as long.
 */
int dnf_read(const struct dnf_ask *ask, struct inventory *inv, struct dnf **ret,
	     struct fault *fault);
struct dnf *dnf_free(struct dnf *d); /* always NULL */

/* Of a package by its place in the inventory. */
const struct dnf_candidate *dnf_candidate(const struct dnf *d, size_t i);
const struct seen *dnf_seen(const struct dnf *d);

/* Does any repository say what its updates are for? */
bool dnf_advises(const struct dnf *d);
