/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What apt can get for the packages of a host, from its package lists and preferences.  Of
 * the lists those of the host's own distribution and release are read: its security suite, the
 * release itself and its updates, in any form that apt keeps them in.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "agent/posture/distribution.h"
#include "agent/posture/inventory.h"
#include "agent/posture/pins.h"
#include "agent/posture/release.h"
#include "agent/posture/seen.h"

#define APT_LISTS	   "var/lib/apt/lists"
#define APT_LIST_MAX	   (1024ull * 1024 * 1024) /* of one list, unpacked */
#define ETC_MACHINE_ID	   "etc/machine-id"
#define PRIORITY_INSTALLED 100 /* priority of what is installed (apt_preferences(5)) */

struct apt_ask {
	int root;	   /* the host's; -1: there is none, and every security suite counts */
	const char *lists; /* the folder, below the root or, without one, anywhere */
	int64_t now;
	uint64_t max_age; /* seconds; UINT64_MAX: any */
	bool all;	  /* updates count that no advisory asks for */
	bool feed;	  /* a feed will say which updates are fixes */
};

/* A version that is newer than the installed one. */
struct offer {
	struct word version, source_version; /* p NULL: there is none */
	const char *suite;		     /* "bookworm-security" */
	enum suite_role role;
	int64_t since; /* when that suite was made; 0 unknown */
	int priority;
	const struct pin *pin; /* that gave the priority; NULL: apt's default */
	unsigned phase;	       /* percentage of hosts it is meant for */
	bool reached;	       /* is this host among them? */
	bool specific;	       /* that record names the package */
	bool counts;	       /* is it a fix by itself, see struct apt_ask? */
};

/* How one package stands. */
struct candidate {
	struct offer fix;     /* the newest that counts by itself, see struct apt_ask */
	struct offer any;     /* the newest of all */
	struct offer apt;     /* what apt would install; may be older than what is there */
	bool downgrade;	      /* it is */
	struct word security; /* the oldest one of a security suite */
	int priority;	      /* of the installed version */
	bool weighed;	      /* is it known what records say of that one by itself? */
	bool own;	      /* one that names the package gave it */
	const struct pin *pin;
};

struct apt;

/*
 * Reads what the ask is about.  0 when *ret is all there is to know.  Else the fault says why
 * not; *ret is set all the same (but with -ENOMEM) and what it says is true, but there may be more:
 *   -ENOENT      no security suite of this release, or one without lists, or no OS_RELEASE
 *   -ENODATA     OS_RELEASE names no release
 *   -ESTALE      Valid-Until has passed, or was neither made nor fetched within max_age
 *   -ETIME       Date lies more than a day ahead of `now`
 *   -EXDEV       apt is told to keep its files elsewhere (aptconf.h)
 *   -EOPNOTSUPP  a list is compressed in a form that this build or host cannot read
 *   -EBADMSG     malformed, cut, or of another size than its Release file says
 * or the -errno of reading.  Texts are kept in the inventory, which must live as long.
 */
int apt_read(const struct apt_ask *ask, struct inventory *inv, struct apt **ret,
	     struct fault *fault);
struct apt *apt_free(struct apt *a); /* always NULL */

/* Of a package by its place in the inventory. */
const struct candidate *apt_candidate(const struct apt *a, size_t i);
/* Of the security suites. */
const struct seen *apt_seen(const struct apt *a);

/*
 * Does apt hold an offer back for a pin?  Then *by is the administrator's record, or NULL when
 * it is not known which.
 */
bool candidate_is_pinned(const struct candidate *c, const struct offer *o, const struct pin **by);

/*
 * Is an offer for other hosts first?  Never when a security update lies between it and what is
 * installed, as apt has it.
 */
bool candidate_is_phased(const struct candidate *c, const struct offer *o);

/* Would apt install a newer version than the installed one, whichever? */
bool candidate_is_newer(const struct candidate *c);

/* For apt.c: one version of a package in one list; what it says of the package. */
void candidate_weigh(struct candidate *c, const struct package *installed, const struct offer *o);
