/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"

/*
 * Takes rules away, one by one, that let everything in and that no front end's configuration
 * holds: those to which a base chain leads by itself or by a chain whose name ("ip filter lan")
 * begins with none of own[], which NULL ends.  Each is told; whatever else is beside it stays.
 * 0 when there is none (more) of them; -EBUSY with the fault when there is one that comes back,
 * or cannot be taken away; or -errno when the kernel cannot be asked.
 */
int in_front_clear(const char *const own[], struct report *report, struct fault *fault);
