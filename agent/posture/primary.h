/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of packages that a repository has (primary.xml). */
#pragma once

#include "agent/base/err.h"
#include "agent/posture/deb822.h"
#include "agent/posture/unpack.h"

/* One of them; the texts are gone after the call, and have a NUL behind them. */
struct primary_package {
	struct word name, arch, evr;
	struct word source_evr; /* of the source it was built from; its own when that is not said */
};

/* Less than 0 ends the reading. */
typedef int (*primary_each)(void *ctx, const struct primary_package *p);

/* All packages in their order.  What `each` answered, or the errors of xml_read(). */
int primary_read(struct unpack *in, primary_each each, void *ctx, struct fault *fault);
