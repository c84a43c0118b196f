/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes away what chattr(1) sets to keep files as they are: dpkg and we could not replace them. */
#pragma once

#include <stdbool.h>

#include "policy/provider.h"

/*
 * The immutable and the append-only flag of one file or folder; what has none stays as it is.
 * Whether it had one, and has none now.
 */
bool unlock_file(const char *path);

/* All that dpkg lists of an installed package, arch as in struct packager.  How many had one. */
size_t unlock_package(const char *package, const char *arch);

/*
 * A provider's programs, settings, signatures, which its updater replaces, and logs, and the
 * folders that they are in, where they may be gone.
 */
void unlock_provider(const struct provider *p);
