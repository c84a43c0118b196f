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

/*
 * What a package manager lists of a package and has to replace: a file, and the folder that it lies
 * in; a folder by itself stays as it is, as others lie in it, too.  How many had one.
 */
size_t unlock_listed(const char *path);

/* All that dpkg lists so of an installed package, arch as in struct packager. */
size_t unlock_package(const char *package, const char *arch);

/*
 * A provider's programs, settings, signatures, which its updater replaces, and logs, and the
 * folders that they are in, where they may be gone.
 */
void unlock_provider(const struct provider *p);
