/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A provider's files: what its package brings, and what stands in its configuration. */
#pragma once

#include "agent/remedy/asides.h"
#include "agent/remedy/step.h"
#include "policy/provider.h"

/*
 * Makes comments of the lines that the provider's settings do not allow (settings_mend()).  How
 * many, or -errno; -ENOENT when a file is gone, which a reinstallation brings back.
 */
int provide_settings(const struct provider *p, struct report *report, struct fault *fault);

/* Forgets what its packages were once answered, and has that again. */
void provide_forget(const struct provider *p);
void provide_recall(const struct provider *p);

/*
 * Sets its daemon's configuration aside, so that installing anew brings the package's own, and
 * forgets what its packages were once answered.  How many files, or -errno; *ret has them, also
 * then.
 */
int provide_set_aside(const struct provider *p, struct asides *ret, struct report *report);
/* Files and answers as they were. */
void provide_put_back(const struct provider *p, const struct asides *a, struct report *report);

/*
 * Installs its packages, anew where they are: past locked files, an interrupted package manager,
 * removed configuration and holds.  As the host's pins have it; where they forbid it, past those
 * that concern these packages, and then from the host's own release as far as that has them; where
 * the host's own sources do not have them, from the provider's.  forgotten: somebody else has them
 * forget their answers, and will have that again.
 */
int provide_packages(const struct provider *p, bool forgotten, struct report *report,
		     struct fault *fault);

/* Whether all of it is there and as it was packaged: 0, or what is not as the fault. */
int provide_check(const struct provider *p, struct fault *fault);
