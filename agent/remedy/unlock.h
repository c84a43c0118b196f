/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes away what chattr(1) sets to keep files as they are: dpkg and we could not replace them. */
#pragma once

#include "policy/provider.h"

/* The immutable and the append-only flag of one file or folder; what has none stays as it is. */
void unlock_file(const char *path);

/* All that dpkg lists of an installed package. */
void unlock_package(const char *package);

/*
 * A provider's programs, settings, signatures, which its updater replaces, and logs, and the
 * folders that they are in, where they may be gone.
 */
void unlock_provider(const struct provider *p);
