/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a provider's units come to be as its packages made them, and run. */
#pragma once

#include <stdbool.h>

#include "agent/remedy/step.h"
#include "policy/document.h"

/*
 * Unmasks, sets aside what lies over its units, enables and starts them (start_past_unreadable());
 * has signatures that fail fetched, and read those that are there.  anew: what runs so far may be
 * another program, or this one under another's rule.  0; -ENOENT at once when the daemon's program
 * is not there; -EPERM and the like for what cannot be set aside; or as antivirus_start().
 */
int antivirus_enable(const struct requirement *q, bool anew, struct report *report,
		     struct fault *fault);
