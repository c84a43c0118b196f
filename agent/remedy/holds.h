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
 * what is not installed.  What is installed stays held: apt-get installs it anew in its version.
 */
int holds_lift(const struct provider *p, struct report *report, struct fault *fault);

/* Lays what is noted down, be it by a remedy that was cut off, and forgets it.  0: or nothing is.
 */
int holds_lay(struct report *report, struct fault *fault);
