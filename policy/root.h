/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "policy/keyring.h"

/* Root metadata (TUF 1.0.34 section 4.3): the keys of all four roles. */
struct root {
	struct metadata *file;
	bool consistent; /* file names carry versions and hashes (section 6.2) */
	struct keyring keys;
	struct signers signers[ROLE_COUNT];
};

/*
 * Reads a root and checks that it is signed by its own keys and, when there is one
 * before it, by the keys of that.  -EBADMSG with the reason, or -ENOMEM.  Expiry and
 * version are the caller's.  Release *ret with root_free().
 */
int root_open(const char *text, size_t len, const struct root *before, struct root **ret,
	      struct fault *fault);
struct root *root_free(struct root *r); /* always NULL; r may be NULL */
DEFINE_DROP(root, root_free)
