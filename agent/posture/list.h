/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One package list of apt's, in whatever form it is kept. */
#pragma once

#include "agent/posture/apt.h"

struct suite {
	const char *name; /* of its Release file; the first stem_len bytes begin its lists' names */
	size_t stem_len;
	char *text; /* of the Release file; owned */
	struct release release;
	int64_t fetched; /* or found unchanged by apt; seconds since 1970; 0: unknown */
	char title[64];	 /* as people call it */
	enum suite_role role;
	bool counts; /* what it offers is a fix by itself */
};

struct list_ask {
	int lists; /* the folder */
	const struct suite *suite;
	const char *name, *below; /* of the file: whole, and behind the suite's stem */
	const struct pins *pins;
	enum phasing phasing;
	struct word machine_id;
	const char *architectures; /* that apt installs: "amd64 i386"; "": any */
};

/* Is that the name of a package list below its suite: "main_binary-amd64_Packages.xz"? */
bool list_is_one(const char *below);

/* Weighs each version in a list for the installed packages it is for.  See apt_read(). */
int list_read(const struct list_ask *ask, struct inventory *inv, struct candidate *candidates,
	      struct fault *fault);

/*
 * Can a file of that folder be read as a package list to its end?  0, -EBADMSG, or the other
 * errors of reading.
 */
int list_check(int lists, const char *name, struct fault *fault);
