/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"

/*
 * Takes rules away, one by one, that let everything in and stand beside ufw's jumps in a base chain
 * of iptables (`iptables -I INPUT -j ACCEPT`): no file of ufw's has them.  Only while ufw's own
 * chains let loopback and answers in without them, and none in a chain that others may lead to as
 * well.  Each is told; whatever else is beside it stays.
 * 0 when there is none (more) of them, be it that ufw's own rules, or no one rule, let everything
 * in; -EBUSY with the fault when there is one that comes back, or is not ufw's and not to be taken
 * away; or -errno when the kernel cannot be asked.
 */
int in_front_clear(struct report *report, struct fault *fault);
