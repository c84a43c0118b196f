/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A published repository as a new host reads it: TUF's client over a folder or a server, from
 * a first root on, with nothing kept.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "policy/tuf.h"

struct trial {
	int (*fetch)(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		     struct fault *fault);
	void *ctx;
	int64_t now;
	char *root; /* the first one: trial_root() */
	size_t root_len;
	json_t *targets; /* names of targets that must be there as well; NULL for none */
};

struct trial_result {
	uint64_t version;
	int64_t expires;
	bool enforce, has_policy;
};

/* The first root from a file, or as the repository itself has it when file is NULL. */
int trial_root(struct trial *t, const char *file, struct fault *fault);

/* From the first root to the policy, if there is one; need_policy makes its absence a fault. */
int trial_run(struct trial *t, bool need_policy, struct trial_result *ret, struct fault *fault);
void trial_clear(struct trial *t);

/* For a folder, ctx points at its descriptor. */
int trial_fetch_folder(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		       struct fault *fault);
