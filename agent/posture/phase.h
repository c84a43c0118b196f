/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ubuntu's phased updates: a new version is offered to a growing share of all hosts. */
#pragma once

#include <stdbool.h>

#include "agent/posture/deb822.h"

/*
 * Has the phase reached this host?  As apt decides it: by chance, but always the same for one
 * host and one version (apt 2.2 and newer, "Phased-Update-Percentage" in its package lists).
 */
bool phase_reached(unsigned percentage, struct word source, struct word source_version,
		   struct word machine_id);
