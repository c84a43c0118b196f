/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the administrator told apt to prefer (apt_preferences(5)). */
#pragma once

#include "agent/posture/aptconf.h"
#include "agent/posture/deb822.h"

#define APT_PREFERENCES	      "etc/apt/preferences"
#define APT_PREFERENCES_PARTS "etc/apt/preferences.d"
#define PRIORITY_NEVER	      (-32768)

struct pin {
	char file[80]; /* "/etc/apt/preferences.d/no-snap" */
	unsigned line;
	int priority;
};

struct pins;

/* Where a version is offered; texts may be empty. */
struct pin_source {
	struct word archive, codename, version, origin, label, component, arch, site;
};

/*
 * Reads the preferences of a root; its default release counts before them all.  What apt would
 * complain of is passed over: a pin that is not heeded here can only make a missing update count
 * that apt holds back.  What cannot be read may say anything: -E2BIG or the -errno, and the fault;
 * only with -ENOMEM *ret is not set.
 */
int pins_read(int root, const struct aptconf *conf, struct pins **ret, struct fault *fault);
struct pins *pins_free(struct pins *p); /* always NULL */

/* The first record for all packages ("Package: *") that fits a source, or NULL. */
const struct pin *pins_general(const struct pins *p, const struct pin_source *from);

/* The first record that names a package and fits this version of it, or NULL. */
const struct pin *pins_specific(const struct pins *p, struct word package, struct word arch,
				struct word source, struct word version,
				const struct pin_source *from);
