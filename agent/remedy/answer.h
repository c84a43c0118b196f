/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"
#include "policy/provider.h"

/*
 * Lets everybody ask clamd, as its package does: lazaretd is nobody in particular, and what only
 * root may ask is unknown to it for ever.  path is the socket's, below the root; its folder becomes
 * one to look into, and the socket one to write to.  What else it is stays as it is, and so does
 * all behind a symbolic link.  It is told when something changed.
 */
void answer_open(int root, const char *path, struct report *report);
