// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>

#include "policy/rollback.h"

/* Whatever a trusted file named must still be named, and not with a lower version. */
static int check_list(const struct metadata *old, const struct metadata *new, struct fault *fault)
{
	const char *name;
	json_t *object;

	json_object_foreach(old->list, name, object) {
		struct mark was, is;
		int r;

		r = metadata_mark(old, name, &was);
		if (r < 0)
			return r;
		if (metadata_mark(new, name, &is) < 0)
			return fault_set(fault, -EPERM, "does not name %.60s any more", name);
		if (is.version < was.version)
			return fault_set(fault, -EPERM,
					 "goes back to version %" PRId64 " of %.60s from %" PRId64,
					 is.version, name, was.version);
	}
	return 0;
}

int rollback_check(const struct metadata *old, const struct metadata *new, struct fault *fault)
{
	if (!old || new->role == ROLE_TARGETS) /* its version is in snapshot, guarded there */
		return 0;
	if (new->role == ROLE_TIMESTAMP && new->version < old->version)
		return fault_set(fault, -EPERM, "goes back to version %" PRId64 " from %" PRId64,
				 new->version, old->version);
	return check_list(old, new, fault);
}
