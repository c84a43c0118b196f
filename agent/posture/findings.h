/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which patches a host lacks, from sources that know different things: the package manager's lists
 * say what can be had, a feed says what is a fix, how bad it is and since when.  Either will do
 * alone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "agent/posture/apt.h"
#include "agent/posture/inventory.h"
#include "policy/feed.h"
#include "policy/menu.h"

#define PATCH_IDS_MAX	16
#define PATCH_MARKS_MAX 64

/*
 * Something that is amiss with a package, by which it is known again later: an advisory.  Those
 * past PATCH_MARKS_MAX are one for each severity; so is a patch of which there is no advisory, as
 * long as the installed version is the same.
 */
struct patch_mark {
	uint64_t id;	   /* a hash of package, architecture and advisory */
	int64_t published; /* seconds since 1970; 0 unknown */
	enum severity severity;
};

/*
 * One package and one fix that it lacks; or, in the state PATCH_NO_FIX, all that cannot be
 * mended in it.  No text is NULL; "" is none.
 */
struct patch {
	const char *package, *arch, *installed;
	const char *fixed; /* the version to install; without apt's lists that of the source */
	const char *from;  /* where it can be had: "bookworm-security" */
	const char *ids;   /* of the advisories: "CVE-2026-1 CVE-2026-2", PATCH_IDS_MAX at most */
	const char *why;   /* of states but PATCH_AVAILABLE: "held by the administrator" */
	enum patch_state state;
	enum severity
		severity; /* the worst of the advisories; unknown: none says, or there is none */
	struct {
		size_t n;	  /* advisories of that severity */
		int64_t earliest; /* published; seconds since 1970; 0 unknown */
	} by[SEVERITIES];
	int64_t obtainable; /* when the list that offers it was made, or it was installed; 0 unknown
			     */
	bool reboot; /* installed, and nothing less than a restart of the host completes it */
	size_t first_mark, n_marks;
};

struct findings;

/* By the package's name, then its architecture, PATCH_NO_FIX behind the others. */
const struct patch *findings_list(const struct findings *f, size_t *n);
struct findings *findings_free(struct findings *f); /* always NULL */

/* Those of one of its patches, p->n_marks, of which there is one at least. */
const struct patch_mark *findings_marks(const struct findings *f, const struct patch *p);

/* By which a package is known again with the same version installed (or running) and the same fix.
 */
uint64_t findings_id(const struct patch *p);

/*
 * Compares all that is installed.  `apt` NULL: no lists were asked for, and what the feed says is
 * fixed counts as obtainable.  `feed` may be NULL, too.  What *ret says does not point into
 * any of them.  -ENOMEM.
 */
int findings_make(const struct inventory *inv, const struct apt *apt, const struct feed *feed,
		  struct findings **ret);

/*
 * The same of packages of rpm, by what their repositories say; `all`: updates count that no
 * advisory asks for.
 */
struct dnf;
int findings_make_rpm(const struct inventory *inv, const struct dnf *dnf, const struct feed *feed,
		      bool all, struct findings **ret);

/*
 * The same, package by package, whose texts need not live longer than a call; `c` NULL as `apt`
 * is above.  findings_end() gives what there is and releases the rest, also after an error; m may
 * be NULL.  begin: NULL without memory; judge: -ENOMEM.
 */
struct making;
struct making *findings_begin(const struct feed *feed);
int findings_judge(struct making *m, const struct package *p, const struct candidate *c);
struct findings *findings_end(struct making *m);

/*
 * Adds a row of one's own (PATCH_RESTART); its texts are copied, and NULL is "".  It has one mark,
 * of that state, its package and its installed version.  -ENOMEM.
 */
int findings_add(struct findings *f, const struct patch *p);
