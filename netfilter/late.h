/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chains of others behind the quarantine's last one. */
#pragma once

#include "agent/base/err.h"

struct nft;

struct late {
	unsigned removed, stayed;
	char which[120]; /* the last one, "inet table chain" */
};

/*
 * Removes them, each in a transaction of its own.  0 and what came of it; a chain whose table
 * somebody else owns, or that rules of others jump to, stays.
 */
int late_remove(struct nft *nft, struct late *ret, struct fault *fault);
