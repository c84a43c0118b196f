/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A provider's files: what its package brings, and what stands in its configuration. */
#pragma once

#include "agent/remedy/step.h"
#include "policy/provider.h"

/*
 * Makes comments of the lines that the provider's settings do not allow (settings_mend()).  How
 * many, or -errno; -ENOENT when a file is gone, which a reinstallation brings back.
 */
int provide_settings(const struct provider *p, struct report *report, struct fault *fault);

/*
 * Renames its daemon's configuration to FILE.lazaret, so that installing anew brings the package's
 * own, and forgets what its packages were once answered; and back, over what came.  How many files,
 * or -errno.
 */
int provide_set_aside(const struct provider *p, struct report *report);
void provide_put_back(const struct provider *p);

/*
 * Installs its packages, anew where they are: past locked files, interrupted dpkg, removed
 * configuration, pins and holds; where the host's own sources do not have them, from the
 * provider's.
 */
int provide_packages(const struct provider *p, struct report *report, struct fault *fault);
