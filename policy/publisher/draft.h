/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The publisher's folder and the metadata made in it:
 *
 *   keys/ROLE-N.pem                    private keys, mode 0600
 *   metadata/N.root.json, N.targets.json, N.snapshot.json, timestamp.json
 *   targets/HASH.policy.json           (consistent snapshots, TUF 1.0.34 section 6.2)
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "policy/json.h"
#include "policy/role.h"

#define DRAFT_NAME_MAX 200
#define DRAFT_SPEC     "1.0.34"
#define ROOT_LIFE      (365 * 86400)

struct workshop {
	int dir;
	json_t *root; /* the newest root's `signed` member */
	json_t *file; /* owns root */
};

/* Opens the folder and reads the newest root in it. */
int workshop_open(const char *path, struct workshop *ret, struct fault *fault);
void workshop_close(struct workshop *w);

/* The newest N of metadata/N.ROLE.json, or of timestamp.json what it says; 0 without any. */
int workshop_version(int dir, enum role role, int64_t *ret, struct fault *fault);

/* metadata/N.ROLE.json, or metadata/timestamp.json. */
void draft_name(enum role role, int64_t version, char name[DRAFT_NAME_MAX]);

/* The members all roles share.  The caller owns *ret. */
int draft_new(enum role role, int64_t version, int64_t expires, json_t **ret, struct fault *fault);

/*
 * Signs a body with those keys in keys/ that root names for the role, and writes the
 * file in one step.  -ENOKEY when they are fewer than the threshold.  *mark, if not NULL,
 * becomes the METAFILES entry for the file; the caller owns it.
 */
int draft_sign(int dir, json_t *root, enum role role, json_t *body, json_t **mark,
	       struct fault *fault);

/* The next root, signed by the keys of the one before and by its own (section 5.3.4). */
int draft_sign_root(int dir, json_t *before, json_t *body, struct fault *fault);

/* Has keys/ enough of a role's keys?  -ENOKEY as draft_sign(); nothing is written. */
int draft_can_sign(int dir, json_t *root, enum role role, struct fault *fault);

/* {"length":..., "hashes":{"sha256":...}, "version":...}; without version when that is 0. */
int draft_mark(const void *data, size_t len, int64_t version, json_t **ret);
