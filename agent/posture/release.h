/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A suite's Release or InRelease file (https://wiki.debian.org/DebianRepository/Format). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "agent/posture/deb822.h"

#define RELEASE_MAX (4 * 1024 * 1024)

struct release { /* the words lie in the text it was read from */
	struct word origin, label, suite, codename, version;
	struct word sums;    /* the lines of its SHA256 section */
	int64_t date;	     /* seconds since 1970 */
	int64_t valid_until; /* 0: it does not say */
	bool not_automatic;  /* nothing is installed from it unasked: experimental */
	bool but_upgrades;   /* what was once installed from it is upgraded: backports */
};

/*
 * Reads one, clear-signed or not.  Signatures are apt's matter: it keeps no list it has
 * not verified.  -EBADMSG for what is cut, or has no Date that can be read.
 */
int release_parse(const char *text, size_t len, struct release *ret, struct fault *fault);

/* Label Debian-Security, or a suite or code name that ends in -security. */
bool release_is_security(const struct release *r);

/* A distribution's release, as os-release(5) names it; what is not said is empty. */
struct distribution {
	struct word id, codename, version; /* ID, VERSION_CODENAME, VERSION_ID */
};

/* What a suite is to hosts of a release. */
enum suite_role {
	SUITE_OTHER, /* nothing: of another release or origin, backports, or asked for by name only
		      */
	SUITE_SECURITY, /* its security suite */
	SUITE_UPDATES,	/* what is put right between point releases, security or not */
	SUITE_BASE,	/* the release itself, which changes by point releases only */
};

/*
 * A security suite is of the release that has this code name when its suite or code name is
 * that with "-security" behind (Debian since 11, Ubuntu), or its label Debian-Security and its
 * code name that one (Debian before).  A release without a code name is told by its version.
 * The other roles are by name alone: whose origin counts is the caller's to know.
 */
enum suite_role release_role(const struct release *r, const struct distribution *d);

/* What people call it: its code name, else suite, else label. */
struct word release_name(const struct release *r);

/* The size it gives for a file below it ("main/binary-amd64/Packages"), or -ENOENT. */
int release_size(const struct release *r, const char *path, uint64_t *size);
