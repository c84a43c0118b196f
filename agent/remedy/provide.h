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
 * Installs its packages, anew where they are: past locked files, interrupted dpkg, removed
 * configuration, pins and holds; where the host's own sources do not have them, from the
 * provider's.
 */
int provide_packages(const struct provider *p, struct report *report, struct fault *fault);
