/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Versions and names of packages as rpm writes them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/posture/deb822.h"

#define EVR_MAX 512

/* "1:2.0-3.el9"; no epoch and one of 0 are left out.  False when it is longer than EVR_MAX - 1. */
bool evr_print(const char *epoch, struct word version, struct word release, char ret[EVR_MAX]);

/* Of "name-1:2.0-3.el9.x86_64", where the epoch may be missing. */
struct nevra {
	struct word name, evr, arch;
};
bool nevra_split(struct word text, struct nevra *ret);

/* "glibc-2.34-60.el9.src.rpm": the name and the version, without an epoch; false: it is none. */
bool evr_of_source(struct word file, struct word *name, struct word *version);
