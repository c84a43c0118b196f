/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The metadata that the publisher makes (TUF 1.0.34 section 4). */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "policy/json.h"
#include "policy/role.h"

#define DRAFT_NAME_MAX 600
#define DRAFT_SPEC     "1.0.34"

/* The members all roles share.  The caller owns *ret. */
int draft_new(enum role role, int64_t version, int64_t expires, json_t **ret, struct fault *fault);

/* The same members anew in a body that goes on with the others it has. */
int draft_renew(json_t *body, enum role role, int64_t version, int64_t expires,
		struct fault *fault);

/* metadata/N.ROLE.json, or metadata/timestamp.json. */
void draft_name(enum role role, int64_t version, char name[DRAFT_NAME_MAX]);

/* {"length":..., "hashes":{"sha256":...}, "version":...}; without version when that is 0. */
int draft_mark(const void *data, size_t len, int64_t version, json_t **ret);

/* The role's kind by its name: any that is not one of the four is a delegated one, of targets. */
enum role draft_kind(const char *role);
