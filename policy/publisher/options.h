/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What subcommands have in common: their options, and how they end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/err.h"

#define OPTIONS_MAX 64

#define EXIT_WAITS 3 /* done as far as it goes: signatures of others are missing */

struct words {
	const char *at[OPTIONS_MAX];
	size_t n;
};

struct options {
	uint64_t life; /* seconds; see options_life() */
	bool has_life;
	unsigned threshold;
	const char *phrase_file, *as, *role, *root, *ca, *helper, *type;
	const char *certificate, *private_key, *proxy;
	const char *challenge, *span, *reason;
	struct words keys, public, paths, open, thresholds;
	bool json, yes, leave, terminating, revoke;
	char **args; /* the rest, ending with NULL */
};

/*
 * Reads the options whose letters `takes` names, and min to max arguments.  -EINVAL after
 * saying why on standard error; the caller answers with tool_usage().
 *
 *   e --expires   k --key   p --passphrase-file   n --no-passphrase ROLE   N --no-passphrase
 *   u --public   t --threshold N   T --threshold ROLE=N   K --type   a --as   r --role
 *   P --paths   x --terminating   X --revoke   l --leave-drafts   j --json   y --yes
 *   R --root   C --ca   i --certificate   I --private-key   o --proxy   H --helper   c --challenge
 * f --for   s --reason
 */
int options_read(int argc, char **argv, const char *takes, int min, int max, struct options *ret);

/* How long what is signed lives: as --expires says, or else that. */
uint64_t options_life(const struct options *o, uint64_t otherwise);

/* Prints "WHAT: why" for a fault and answers with the exit status 1. */
int options_fail(const char *what, int err, struct fault *fault);
