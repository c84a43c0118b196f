/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holds of dpkg's (apt-mark(8), dpkg(1) --set-selections) on what a provider's antivirus is made
 * of.  apt-get installs nothing that was removed and is on hold; and what dpkg unpacks anew
 * is on hold no more.
 */
#pragma once

#include "agent/remedy/step.h"
#include "policy/provider.h"

/*
 * Notes down what is on hold of a provider's packages and libraries, on disk, and lifts the hold of
 * what is not installed.  What is installed stays held, and is to stay in its version.
 */
int holds_lift(const struct provider *p, struct report *report, struct fault *fault);

/*
 * How apt-get is to be told a package: with its version when it is installed and on hold, for the
 * newest that there is would be refused; else as it is.
 */
#define HOLDS_SPELLED 200
const char *holds_spell(const char *package, char room[HOLDS_SPELLED]);

/* The first of those, "clamav-daemon=1.4.3+dfsg-1"; false: there is none. */
bool holds_kept(char ret[HOLDS_SPELLED]);

/* Lays what is noted down, be it by a remedy that was cut off, and forgets it.  0: or nothing is.
 */
int holds_lay(struct report *report, struct fault *fault);
