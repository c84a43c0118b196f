// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "policy/json.h"
#include "policy/publisher/draft.h"
#include "policy/publisher/ring.h"
#include "policy/publisher/secret.h"

/* The files of earlier keys stay, so that a pending root can still be signed with them. */
static void free_name(int dir, enum role role, char name[DRAFT_NAME_MAX])
{
	unsigned n = 0;

	do
		snprintf(name, DRAFT_NAME_MAX, "keys/%s-%u.pem", role_kinds[role].name, ++n);
	while (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
}

static int make_key(int dir, enum role role, json_t *keys, json_t *ids, struct fault *fault)
{
	_drop_(drop_secret) struct secret *s = NULL;
	char name[DRAFT_NAME_MAX];
	json_t *public = NULL;
	int r;

	free_name(dir, role, name);
	r = secret_make(&s, fault);
	if (r == 0)
		r = secret_store(s, dir, name, fault);
	if (r == 0)
		r = secret_public(s, &public, fault);
	if (r < 0)
		return r;
	if (json_object_set_new(keys, secret_id(s), public) < 0 ||
	    json_array_append_new(ids, json_string(secret_id(s))) < 0)
		return -ENOMEM;
	return 0;
}

static bool is_used(json_t *roles, const char *id)
{
	const char *name;
	json_t *role, *item;
	size_t i;

	json_object_foreach(roles, name, role) {
		json_array_foreach(json_object_get(role, "keyids"), i, item) {
			if (!strcmp(json_string_value(item), id))
				return true;
		}
	}
	return false;
}

static void drop_unused(json_t *root)
{
	json_t *keys = json_object_get(root, "keys"), *key;
	const char *id;
	void *next;

	json_object_foreach_safe(keys, next, id, key)
	{
		if (!is_used(json_object_get(root, "roles"), id))
			json_object_del(keys, id);
	}
}

int ring_renew(int dir, enum role role, unsigned threshold, json_t *root, struct fault *fault)
{
	json_t *ids = json_array();
	int r = 0;

	if (json_object_set_new(json_object_get(root, "roles"), role_kinds[role].name,
				json_pack("{s:o, s:i}", "keyids", ids, "threshold",
					  (int)threshold)) < 0)
		return -ENOMEM;
	for (unsigned i = 0; r == 0 && i < threshold; i++)
		r = make_key(dir, role, json_object_get(root, "keys"), ids, fault);
	if (r == 0)
		drop_unused(root);
	return r;
}
