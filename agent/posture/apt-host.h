/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a host decides which of apt's lists are its own, and what of them is for it. */
#pragma once

#include <stdint.h>

#include "agent/base/err.h"
#include "agent/posture/aptconf.h"
#include "agent/posture/distribution.h"
#include "agent/posture/inventory.h"

#define MACHINE_ID_MAX 64

struct apt_host {
	/*
	 * Its architectures are all that apt installs, where apt.conf names none those that
	 * dpkg knows, with the host's own; "": any, as nothing says which are.
	 */
	struct aptconf conf;
	struct distribution of;
	char *os; /* the text of OS_RELEASE */
	char machine_id[MACHINE_ID_MAX];
};

/*
 * Fills in *ret, which was zeroed, as far as it can be known.  0; or -ENOMEM; or the first doubt,
 * one of apt_read()'s, and the fault.
 */
int apt_host_read(int root, const struct inventory *inv, struct apt_host *ret, struct fault *fault);
void apt_host_drop(struct apt_host *h);
