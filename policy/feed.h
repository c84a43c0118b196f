/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A feed: the advisories of one release of one distribution, as `lazaret-policy feed` makes
 * it and lazaret-vet accepts it.  A table that is read where it lies: opening it costs the
 * same at any size, and finding a package's advisories costs what they are.
 *
 * Advisories name source packages (Debian, Ubuntu, Alpine) or binary ones (the RPM world; SUSE
 * also by source), so a host asks for both of an installed package: by its own name and
 * version, and by its source's name and version, which may be others (dpkg: "Source: glibc
 * (2.36-9)"; rpm: the name and EVR in SOURCERPM; apk: the origin, with the same version).
 *
 * Whatever is in the bytes, no call here reads outside of them; what feed_check() has accepted
 * is also quick.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "policy/version.h"

#define FEED_BYTES_MAX (32 * 1024 * 1024)
#define FEED_WORD_MAX  256  /* room for a name, a version or an id */
#define FEED_TEXT_MAX  4096 /* for a list of ids */

enum severity {
	SEVERITY_UNKNOWN, /* the feed does not say */
	SEVERITY_LOW,
	SEVERITY_MEDIUM,
	SEVERITY_HIGH,
	SEVERITY_CRITICAL,
	SEVERITIES,
};
extern const char *const severity_names[SEVERITIES]; /* "unknown", "low", ... */

enum advisory_state {
	ADVISORY_FIXED,	       /* and `fixed` says in which version */
	ADVISORY_NO_FIX,       /* affected; a fix may come */
	ADVISORY_NEVER,	       /* affected; there will be none: ignored, or the end of life */
	ADVISORY_UNIMPORTANT,  /* the distribution sees no security issue; may have a `fixed` */
	ADVISORY_NOT_AFFECTED, /* this release is not */
	ADVISORY_WITHDRAWN,    /* was taken back */
	ADVISORY_STATES,
};
extern const char *const advisory_state_names[ADVISORY_STATES]; /* "fixed", "no-fix", ... */

enum package_kind { PACKAGE_SOURCE, PACKAGE_BINARY, PACKAGE_KINDS };
extern const char *const package_kind_names[PACKAGE_KINDS]; /* "source", "binary" */

/*
 * One package in one advisory and one range of its versions: from `introduced` up to but
 * not including `fixed`, or up to and including `last`; "" where there is no such end.
 * Other ranges of the same advisory are further ones.  The texts lie in the feed.
 */
struct advisory {
	enum advisory_state state;
	enum severity severity;
	int64_t published; /* seconds since 1970; of the advisory with the fix if known; 0 unknown
			    */
	const char *id;	   /* "CVE-2026-1234", else the advisory's: "RHSA-2026:1234" */
	const char *also;  /* its other names, a space between: "DSA-6001-1 DSA-6001-2" */
	const char *introduced, *fixed, *last;
};

struct feed;

struct feed_about {
	const char *distro;  /* "debian": ID of os-release(5) */
	const char *release; /* "12": as much of VERSION_ID as names a release (distro.h) */
	enum version_order order;
	int64_t date;		 /* of the newest thing in it, seconds since 1970; 0 unknown */
	bool has[PACKAGE_KINDS]; /* is anything in it of that kind? */
	size_t n_packages, n_advisories;
};

/*
 * Opens a feed from a file, which may be closed afterwards.  It is mapped if only root or
 * we could cut it short (who reads past the new end of a mapped file is killed), else
 * copied.  -EBADMSG for what is no feed or of another version, -EFBIG above
 * FEED_BYTES_MAX, or the -errno of reading.
 */
int feed_map(int fd, struct feed **ret, struct fault *fault);
struct feed *feed_unmap(struct feed *f); /* always NULL; f may be NULL */

/* The same of a file that is always mapped: one that nobody cuts, as in the trusted store. */
int feed_map_kept(int fd, struct feed **ret, struct fault *fault);

/* The same of bytes that stay where they are until feed_unmap(), at a multiple of 8. */
int feed_use(const void *data, size_t len, struct feed **ret, struct fault *fault);

/*
 * Is every part of it well-formed and in order?  In proportion to its size: done once, when
 * it is accepted, or when it comes from who knows where.  0 or -EBADMSG.
 */
int feed_check(const struct feed *f, struct fault *fault);

/*
 * The same for who asks for a few packages only: these are checked at once, 0 or -EBADMSG; an
 * advisory when feed_next_affecting() comes to it, and *found gets the first fault.  When that is
 * empty in the end, all that the answer rests on was well-formed.  It must live as long as the
 * feed.
 */
int feed_watch(struct feed *f, struct fault *found);

/* The texts in *ret are the feed's, and live as long. */
void feed_tell(const struct feed *f, struct feed_about *ret);

/* A walk over advisories; copied freely, and over when its feed is unmapped. */
struct feed_walk {
	const struct feed *feed;
	uint32_t at, fixed_end, open_end, end;
};

/* The advisories of a package; false, and an empty walk, when there are none. */
bool feed_find(const struct feed *f, enum package_kind kind, const char *name, size_t len,
	       struct feed_walk *ret);

/* The next one of any state; false at the end. */
bool feed_next(struct feed_walk *w, struct advisory *ret);

/*
 * The next one that affects this version of the package: ADVISORY_FIXED with the newest
 * fix first, then NO_FIX, NEVER and UNIMPORTANT.  A version with all fixes costs one
 * comparison.  Not to be mixed with feed_next() in one walk.
 */
bool feed_next_affecting(struct feed_walk *w, const char *version, size_t len,
			 struct advisory *ret);

/* All packages, by number below n_packages: the name, the kind and its advisories. */
bool feed_package(const struct feed *f, size_t i, const char **name, enum package_kind *kind,
		  struct feed_walk *ret);
