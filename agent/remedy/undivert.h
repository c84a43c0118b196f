/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"
#include "policy/provider.h"

/*
 * Takes away what keeps a package manager from laying a provider's programs and unit files where
 * they belong: diversions of them (dpkg-divert(1)), whoever made them, and modes with which nobody
 * could run a program or others than root could change it (dpkg-statoverride(1)).  What was taken
 * away is reported; configuration may be diverted.
 */
void undivert(const struct provider *p, struct report *report);
