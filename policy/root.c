// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "policy/json.h"
#include "policy/root.h"

static const struct key *key_find(const struct root *root, const char *id)
{
	for (size_t i = 0; i < root->n_keys; i++)
		if (!strcmp(key_id(root->keys[i]), id))
			return root->keys[i];
	return NULL;
}

static int read_keys(struct root *root, json_t *keys, struct fault *fault)
{
	const char *id;
	json_t *object;
	int r;

	if (json_object_size(keys) > ROLE_KEYS_MAX)
		return fault_set(fault, -EINVAL, "has more than %d keys", ROLE_KEYS_MAX);
	json_object_foreach(keys, id, object) {
		r = key_parse(id, object, &root->keys[root->n_keys], fault);
		if (r == 0)
			root->n_keys++;
		else if (r != -ENOTSUP)
			return r;
	}
	return 0;
}

/* Ids of keys that are missing or of an unknown type stay out: they can sign nothing. */
static int read_signers(const struct root *root, json_t *role, struct signers *s,
			struct fault *fault)
{
	json_t *ids, *id;
	size_t i;
	int r;

	r = json_need_array(role, "keyids", &ids, fault);
	if (r == 0)
		r = json_need_number(role, "threshold", 1, INT32_MAX, &s->threshold, fault);
	if (r < 0)
		return r;
	if (json_array_size(ids) > ROLE_KEYS_MAX)
		return fault_set(fault, -EINVAL, "has more than %d keys", ROLE_KEYS_MAX);
	json_array_foreach(ids, i, id) {
		const struct key *k;

		if (!json_is_string(id))
			return fault_set(fault, -EINVAL, "\"keyids\" must be strings");
		k = key_find(root, json_string_value(id));
		if (k)
			s->keys[s->n++] = k;
	}
	return 0;
}

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
		r = read_keys(root, keys, fault);
	for (size_t i = 0; r == 0 && i < ROLE_COUNT; i++) {
		r = json_need_object(roles, role_kinds[i].name, &role, fault);
		if (r == 0)
			r = read_signers(root, role, &root->signers[i], fault);
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
	r = metadata_check(root->file, &root->signers[ROLE_ROOT], fault);
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
		for (size_t i = 0; i < r->n_keys; i++)
			key_free(r->keys[i]);
		metadata_free(r->file);
		free(r);
	}
	return NULL;
}
