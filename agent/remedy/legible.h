/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"

/*
 * Lets everybody read a file that whoever owns its folder may not, by its mode: signatures are no
 * secret, and a copy that root made may be root's alone.  1; 0: he may, or it has names elsewhere,
 * where it may be one; or -errno.
 */
int legible_make(const char *path, struct report *report);

/* The same of one that not everybody may read, whoever owns its folder. */
int legible_to_all(const char *path, struct report *report);
