/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One metadata file on its way from the server into the store, behind tuf.h: what the
 * four top-level roles and delegated ones have in common.
 */
#pragma once

#include "policy/names.h"
#include "policy/root.h"
#include "policy/tuf.h"

struct tuf {
	struct tuf_io io;
	struct root *root;
	struct metadata *files[ROLE_COUNT]; /* trusted, perhaps expired; none for root */
	int64_t delegated_expires;	    /* the earliest of those that led to a target */
};

/* Which file, who must have signed it, and what names its version. */
struct wanted {
	enum role role;
	const char *name; /* of the role */
	const struct signers *signers;
	const struct metadata *by; /* timestamp or snapshot; NULL: just the newest */
};

/* The copy in the store, if there is one that verifies; else *ret stays.  0 or -errno. */
int trusted_load(const struct tuf *t, const struct wanted *w, struct metadata **ret);

/*
 * Leaves in *file, where the trusted one was or NULL, what is named now: fetched and kept
 * unless it is the one.  Errors as of tuf_refresh(), and -ENOENT when `by` does not name it.
 */
int trusted_refresh(struct tuf *t, const struct wanted *w, struct metadata **file,
		    struct fault *fault);

/* The pieces of that which root and targets need as well. */
int trusted_fetch(const struct tuf *t, const char *path, size_t max, char **ret, size_t *len,
		  struct fault *fault);
int trusted_keep(const struct tuf *t, const char *name, const char *data, size_t len,
		 struct fault *fault);
int trusted_check_fresh(const struct tuf *t, const struct metadata *m, struct fault *fault);
