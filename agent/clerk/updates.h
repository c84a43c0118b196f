/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How updaters of signatures fared, from their logs. */
#pragma once

#include <stdbool.h>

#include "agent/posture/remembered.h"
#include "policy/provider.h"

/*
 * The end of freshclam's log (it may begin anywhere), which is cut up.  A run succeeds that brought
 * something or found all up to date, and failed in no database; one that is not over counts as
 * neither.
 */
void updates_freshclam(char *text, struct updates *ret);

/* As a line, and back: false when it is none. */
#define UPDATES_LINE (PROVIDER_NAME_MAX + UPDATES_WHY + 64)
void updates_say(const char *provider, const struct updates *u, char line[UPDATES_LINE]);
bool updates_hear(const char *line, char provider[PROVIDER_NAME_MAX], struct updates *ret);
