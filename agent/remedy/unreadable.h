/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signatures that a daemon cannot load, as it names them itself. */
#pragma once

#include <stdbool.h>

#include "agent/remedy/asides.h"
#include "policy/document.h"

/*
 * Whether a line of clamd's journal says that a database cannot be loaded, of those that lie in
 * the very folder of the provider's signatures; and its path.
 */
bool unreadable_names(const struct provider *p, const char *line, char ret[ASIDE_PATH]);

/*
 * antivirus_start(); what the daemon then says that it cannot load is opened to it (legible.h) or
 * set aside (asides.h), its updater begins anew, and it is started again, some times over: clamd
 * ends at the first of them.
 */
int start_past_unreadable(const struct requirement *q, struct report *report, struct fault *fault);
