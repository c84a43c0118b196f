/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The trusted store, /var/lib/lazaret/policy for instance.  lazaret-vet alone writes it:
 *
 *   metadata/ROLE.json  TUF's trusted copies         targets/NAME  verified targets
 *   metadata/timestamp.etag  what the last poll found (server.h)
 *   floor               the time that cannot be any more (floor.h)
 *   feed                the feed in force, a link to its verified target (feed-store.h)
 *   current             a link to the generation in force, swapped in one step
 *   generation-N/       policy.json    the document as signed
 *                       allow.json     its `allow` member alone, for lazaret-hold
 *                       accepted.json  {"version":N,"expires":SECONDS,"accepted":SECONDS}
 *                       enforce        empty; there only if the policy's mode is enforce
 *
 * Whoever reads more than one file opens current/ once and reads below that descriptor.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "policy/document.h"

#define STORE_CURRENT  "current"
#define STORE_POLICY   "policy.json"
#define STORE_ALLOW    "allow.json"
#define STORE_ACCEPTED "accepted.json"
#define STORE_ENFORCE  "enforce"

#define STORE_FILE_MAX (64 * 1024 * 1024) /* of what load and keep handle */

struct accepted {
	uint64_t version; /* of the targets metadata that named the policy */
	int64_t expires;  /* the earliest of all roles' metadata; seconds since 1970 */
	int64_t accepted; /* when it was written here */
};

/* What is known of the policy in force: -ENOENT without one, or what store_read() gives. */
int store_read_accepted(int dir, struct accepted *ret, struct fault *fault);

/*
 * The policy in force.  0; -ENOENT when none was ever accepted; -EINVAL with the fault
 * when it does not read; -ENOMEM or what reading files gives.  *policy by policy_free().
 */
int store_read(int dir, struct policy **policy, struct accepted *accepted, struct fault *fault);

/*
 * For the one who writes: makes the folders that are missing and locks the store until
 * *ret is closed.  -EBUSY while another holds it.
 */
int store_open(const char *path, int *ret, struct fault *fault);

/* The callbacks of tuf_io; the store's descriptor is what ctx points at. */
int store_load(void *ctx, const char *name, char **ret, size_t *len);
int store_keep(void *ctx, const char *name, const char *data, size_t len);

/*
 * Puts a policy that policy_parse() accepted in force.  Whatever stops it, at any
 * moment, leaves the generation before or this one.  Remains of earlier attempts go.
 * *changed: its version or its text is another one than before.
 */
int store_put(int dir, const char *text, size_t len, const struct accepted *accepted, bool *changed,
	      struct fault *fault);
