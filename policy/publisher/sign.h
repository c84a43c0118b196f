/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/publisher/draft.h"

/*
 * How long what sign and bump write stays valid.  Targets and snapshot change together;
 * only timestamp need be renewed in between, and its key is the one that may be on a server.
 */
#define SIGN_LIFE      (90 * 86400)
#define TIMESTAMP_LIFE (14 * 86400)

/* Signs a text as the next policy, whatever it says: lint comes before. */
int sign_policy(const struct workshop *w, const char *text, size_t len, uint64_t life,
		uint64_t timestamp_life, struct fault *fault);

/* Writes the next timestamp over a METAFILES entry of snapshot.json. */
int sign_timestamp(const struct workshop *w, json_t *snapshot_mark, uint64_t life,
		   struct fault *fault);

/*
 * The arguments of both: [--expires SPAN] and then n more from argv[optind] on.
 * *life keeps its value without the option.  -EINVAL after saying why on standard error.
 */
int sign_options(int argc, char **argv, int n, uint64_t *life);
