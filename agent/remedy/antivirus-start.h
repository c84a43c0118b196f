/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a provider's daemon and its demanded parts come up, installed and set as they are. */
#pragma once

#include <stdbool.h>

#include "agent/remedy/step.h"
#include "policy/document.h"

/*
 * Thaws, lets go on, starts, and waits until the daemon answers and the other parts run; one that
 * does not answer is restarted once.  0; -ESRCH: one does not come up; as startable(), at once for
 * the daemon, and behind it for the other parts;
 * -ETIMEDOUT, -EINPROGRESS: as await_work(); or what systemctl(1) said.
 */
int antivirus_start(const struct requirement *q, struct report *report, struct fault *fault);

/* Whether all that is demanded of it runs, and nothing holds it up. */
bool antivirus_runs(const struct requirement *q);
