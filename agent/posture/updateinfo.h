/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a repository's updates are for (updateinfo.xml). */
#pragma once

#include <stdint.h>

#include "agent/base/err.h"
#include "agent/posture/deb822.h"
#include "agent/posture/unpack.h"
#include "policy/feed.h"

/* One package that an advisory names; the texts are gone after the call. */
struct updateinfo_package {
	struct word id; /* of the advisory: "RHSA-2026:1234" */
	struct word name, arch, evr;
	struct word module, stream; /* that it is of; empty: of none */
	enum severity severity;
	int64_t issued; /* seconds since 1970; 0 unknown */
	bool security;	/* else it mends other things, or brings new ones */
	bool retracted; /* the package was taken back, and must not be installed */
};

/* Less than 0 ends the reading. */
typedef int (*updateinfo_each)(void *ctx, const struct updateinfo_package *p);

/* All packages of all advisories.  What `each` answered, or the errors of xml_read(). */
int updateinfo_read(struct unpack *in, updateinfo_each each, void *ctx, struct fault *fault);
