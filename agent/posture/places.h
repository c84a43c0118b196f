/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where that lies which a look reads, for whoever wants to hear at once when it changes. */
#pragma once

#include <stdbool.h>

#include "policy/document.h"

/* A path below the root; deep: what lies in the folders of that folder counts, too.  Not 0 ends. */
typedef int (*place_each)(void *ctx, const char *path, bool deep);

/*
 * Every file and folder a look at that requirement depends on, whether it is there or not; the
 * kernel's ruleset has events of its own.  What `each` returned at last.
 */
int places_of(const struct requirement *req, place_each each, void *ctx);
