/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a start can help: one that cannot is waited for until its limit.  Which units: manager.h.
 */
#pragma once

#include "agent/base/err.h"
#include "policy/document.h"

/* 0; -ENOENT and the fault: a program is not there, or cannot be executed. */
int has_programs(const struct requirement *q, unsigned which, struct fault *fault);

/*
 * As has_programs(); or -EUCLEAN and the fault: a unit is masked, outranked or changed by a
 * drop-in, or its file is covered.
 */
int startable(const struct requirement *q, unsigned which, struct fault *fault);
