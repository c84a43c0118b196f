/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether somebody took the system bus away.  No look and no repair needs it, but who asks logind
 * or polkit does, so it is told.
 */
#pragma once

#include <stdbool.h>

/* What changes when it goes or comes, below the root; NULL ends. */
extern const char *const bus_places[];

/* systemd runs this host and has a bus to start, and nobody serves it, nor listens in its place. */
bool bus_is_gone(int root);
