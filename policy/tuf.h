/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Update Framework 1.0.34, client side.  Pure: what it fetches, keeps and
 * holds for the time are callbacks.  Specification sections are named where they are
 * implemented.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/base/err.h"

struct tuf_io {
	void *ctx;
	/*
	 * Fetches a file by its name below the repository ("metadata/2.root.json",
	 * "targets/HASH.policy.json").  0 and a buffer that the caller frees; -ENOENT when the
	 * server says it does not exist; -EFBIG above max; another -errno with the fault set.
	 */
	int (*fetch)(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		     struct fault *fault);
	/* The trusted copy by name ("root.json"): 0 and a buffer, or -ENOENT, or -errno. */
	int (*load)(void *ctx, const char *name, char **ret, size_t *len);
	/* Keeps a verified file durably before it returns; the old copy stays on failure. */
	int (*keep)(void *ctx, const char *name, const char *data, size_t len);
	int64_t now; /* seconds since 1970, fixed for the whole run (section 5.1) */
};

struct tuf;

/*
 * Loads the trusted root and whatever local metadata still verifies under it.
 * -ENOENT without a root.json; -EBADMSG when it does not verify itself.
 */
int tuf_open(const struct tuf_io *io, struct tuf **ret, struct fault *fault);
struct tuf *tuf_close(struct tuf *t); /* always NULL */

/*
 * The client workflow of section 5.3 to 5.6.  0 when the newest metadata is
 * verified and kept.  -EBADMSG: signatures, thresholds, hashes or form; -ESTALE: expired;
 * -EPERM: older than what was seen (rollback); else the fetch's or keep's error.
 */
int tuf_refresh(struct tuf *t, struct fault *fault);

/*
 * A target by its path (section 5.7), verified against targets metadata: from the
 * trusted store's targets/ folder when its hash still fits, else fetched and kept.
 * -ENOENT when no trusted role lists it; for delegated roles as tuf_refresh(), -ENODATA when
 * one is missing, -E2BIG when too many might list it.  The caller frees *ret.
 */
int tuf_target(struct tuf *t, const char *path, char **ret, size_t *len, struct fault *fault);

/* Of the verified metadata in force; 0 before any. */
uint64_t tuf_targets_version(const struct tuf *t);
int64_t tuf_expires(const struct tuf *t); /* the earliest of all roles, delegated ones if used */
