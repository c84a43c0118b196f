/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The signed files of a TUF repository (TUF 1.0.34 section 4) and who must have signed them. */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "agent/base/err.h"
#include "policy/key.h"
#include "policy/mark.h"

enum role {
	ROLE_ROOT,
	ROLE_TIMESTAMP,
	ROLE_SNAPSHOT,
	ROLE_TARGETS,
	ROLE_COUNT,
};

struct role_kind {
	const char *name;
	const char *list; /* the member that names other files or targets; NULL in root */
	const char *must; /* what that list must name; may be NULL */
	size_t max;	  /* bytes of a file */
};

extern const struct role_kind role_kinds[ROLE_COUNT];

#define ROLE_KEYS_MAX 64 /* keys in one root, signatures on one file */

/* Who may sign a role, be it named by root or by a delegation. */
struct signers {
	const struct key *keys[ROLE_KEYS_MAX]; /* owned by whatever named the role */
	size_t n;
	int64_t threshold;
};

struct delegations;

/* A file whose signatures fit; what it says has been checked for form. */
struct metadata {
	enum role role;
	int64_t version;		 /* above 0 */
	int64_t expires;		 /* seconds since 1970 */
	json_t *body;			 /* its "signed" member */
	json_t *list;			 /* of body, by role_kind; NULL in root */
	json_t *file;			 /* owns body and list */
	struct delegations *delegations; /* of targets; NULL for none */
	char *text;			 /* as received */
	size_t len;
};

/*
 * Reads a file: form first, then signatures, and only then what it says.  Without
 * signers (a root, whose keys are in itself) the caller goes on to root_open().
 * -EBADMSG with the reason, or -ENOMEM.  Release *ret with metadata_free().
 */
int metadata_open(enum role role, const char *text, size_t len, const struct signers *signers,
		  struct metadata **ret, struct fault *fault);
struct metadata *metadata_free(struct metadata *m); /* always NULL; m may be NULL */
DEFINE_DROP(metadata, metadata_free)

/*
 * Have enough of the signers signed?  Counts different public keys, whatever their ids.
 * `by`, which may be NULL, gets those that did, as many as the threshold demands.
 * -EBADMSG with "has N of M needed signatures".
 */
int metadata_check(const struct metadata *m, const struct signers *signers,
		   const struct key *by[ROLE_KEYS_MAX], struct fault *fault);

/* What the file says of another file or of a target.  -ENOENT; -EBADMSG without a known hash. */
int metadata_mark(const struct metadata *m, const char *name, struct mark *ret);
