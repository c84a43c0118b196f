/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"

/*
 * The jumps of the built-in chains to ufw's, which ufw lays only where it finds none of its own
 * chains.  After `iptables -F` it would set the policies, and with nothing to lead to its rules
 * whatever comes would be dropped: answers, and loopback, too.
 * 1 when some were missing and all are there now: ufw's rules are to be loaded again; 0 when none
 * was; or -errno with the fault.
 */
int ufw_jumps_lay(struct report *report, struct fault *fault);
