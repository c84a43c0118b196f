/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The distributions that feeds are made for, and what of a version names their release. */
#pragma once

#include <stddef.h>

#include "agent/base/err.h"
#include "policy/version.h"

#define DISTRO_TEXT 64

struct distro {
	char id[DISTRO_TEXT];	   /* ID of os-release(5) */
	char release[DISTRO_TEXT]; /* "12" of 12, "9" of 9.4, "3.19" of 3.19.1, "22.04" of 22.04 */
};

struct distro_kind {
	const char *id;
	unsigned parts; /* of VERSION_ID that name a release */
	enum version_order order;
};

extern const struct distro_kind distro_kinds[];
extern const size_t n_distro_kinds;

/* The row of an ID, or NULL. */
const struct distro_kind *distro_find(const char *id);

/* ID and release from the text of an os-release file.  -ENODATA when it lacks one of them. */
int distro_read(const char *text, size_t len, struct distro *ret, struct fault *fault);

/* Cuts a VERSION_ID to what names a release.  -EINVAL for what cannot be part of a name. */
int distro_release(const char *id, const char *version, char ret[DISTRO_TEXT]);

/*
 * The target a policy's "feed" means on this host: {id} and {version} are filled in.
 * -EINVAL when it has another brace or does not end in a name, -ENAMETOOLONG.
 */
int distro_fill(const char *pattern, const struct distro *d, char *ret, size_t room);
