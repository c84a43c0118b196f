// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "policy/json.h"
#include "policy/root.h"

static int read_root(struct root *root, struct fault *fault)
{
	json_t *body = root->file->body, *keys, *roles, *role;
	int r;

	r = json_need_flag(body, "consistent_snapshot", &root->consistent, fault);
	if (r == 0)
		r = json_need_object(body, "keys", &keys, fault);
	if (r == 0)
		r = json_need_object(body, "roles", &roles, fault);
	if (r == 0)
		r = keyring_read(&root->keys, keys, fault);
	for (size_t i = 0; r == 0 && i < ROLE_COUNT; i++) {
		r = json_need_object(roles, role_kinds[i].name, &role, fault);
		if (r == 0)
			r = keyring_signers(&root->keys, role, &root->signers[i], fault);
		if (r < 0)
			fault_prefix(fault, "role %s", role_kinds[i].name);
	}
	return r;
}

int root_open(const char *text, size_t len, const struct root *before, struct root **ret,
	      struct fault *fault)
{
	_drop_(drop_root) struct root *root = calloc(1, sizeof(*root));
	int r;

	if (!root)
		return -ENOMEM;
	r = metadata_open(ROLE_ROOT, text, len, before ? &before->signers[ROLE_ROOT] : NULL,
			  &root->file, fault);
	if (r < 0)
		return r;
	r = read_root(root, fault);
	if (r < 0)
		return r == -EINVAL ? -EBADMSG : r;
	r = metadata_check(root->file, &root->signers[ROLE_ROOT], NULL, fault);
	if (r < 0) {
		fault_prefix(fault, "by its own keys");
		return r;
	}
	*ret = take(root);
	return 0;
}

struct root *root_free(struct root *r)
{
	if (r) {
		keyring_clear(&r->keys);
		metadata_free(r->file);
		free(r);
	}
	return NULL;
}
