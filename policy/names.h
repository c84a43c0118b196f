/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What files are called in the trusted store (names) and on the server (paths). */
#pragma once

#include <stdbool.h>

#include "policy/role.h"

#define NAME_ROOM      512
#define ROLE_NAME_ROOM 208 /* also when percent-encoded */

/* May a delegated role be called that?  Not empty, and short enough as a file's name. */
bool role_fits(const char *role);

/* "snapshot.json"; "..%2Fa.json": all but A-Z a-z 0-9 _ . - ~ percent-encoded. */
void name_of_role(const char *role, char name[NAME_ROOM]);

/* "metadata/4.snapshot.json", or "metadata/snapshot.json" for version 0 (section 6.2). */
void path_of_role(const char *role, int64_t version, char path[NAME_ROOM]);

/* Printable, and short enough for the two below? */
bool target_fits(const char *target);

/* "targets/a%2Fb": one folder, whatever could leave it percent-encoded. */
void name_of_target(const char *target, char name[NAME_ROOM]);

/* "targets/a/HASH.b", by the first known hash of the mark, or "targets/a/b" for none. */
void path_of_target(const char *target, const struct mark *mark, char path[NAME_ROOM]);
