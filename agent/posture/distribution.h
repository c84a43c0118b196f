/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/base/err.h"
#include "agent/posture/release.h"

#define OS_RELEASE     "etc/os-release"
#define OS_RELEASE_MAX (64 * 1024)

/*
 * Which release of which distribution a root has (os-release(5)).  The words lie in *text, which
 * the caller frees, also after an error.  -ENODATA when it names no release, or the -errno of
 * reading.
 */
int distribution_read(int root, char **text, struct distribution *ret, struct fault *fault);
