/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"

/*
 * firewalld, which is to be running, puts each link that nobody gave a zone into its default one.
 * One that lets everything in is no more that: `public` is, which nobody loses a zone by.  What the
 * policy exposes that lets in first, unless somebody wrote it down.  0, also when there is nothing
 * to do; or -errno with the fault, and then all is as it was.
 */
int default_zone_trusted(struct report *report, struct fault *fault); /* by its name */
int default_zone_open(struct report *report, struct fault *fault); /* as the kernel has it, too */
