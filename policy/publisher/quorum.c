// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/canon.h"
#include "policy/publisher/quorum.h"

#define ROLES_MAX 256

/* roles is an object in root and an array in delegations. */
static json_t *find_role(json_t *holder, const char *name)
{
	json_t *roles = json_object_get(holder, "roles"), *role;
	size_t i;

	if (json_is_object(roles))
		return json_object_get(roles, name);
	json_array_foreach(roles, i, role) {
		const char *is = json_string_value(json_object_get(role, "name"));

		if (is && !strcmp(is, name))
			return role;
	}
	return NULL;
}

int quorum_of(json_t *holder, const char *name, struct quorum *ret, struct fault *fault)
{
	json_t *role = find_role(holder, name), *keys;
	struct quorum q = { .holder = holder };
	int r;

	if (!role)
		return -ENOENT;
	r = json_need_object(holder, "keys", &keys, fault);
	if (r == 0)
		r = json_need_array(role, "keyids", &q.ids, fault);
	if (r == 0)
		r = keyring_read(&q.ring, keys, fault);
	if (r == 0)
		r = keyring_signers(&q.ring, role, &q.signers, fault);
	if (r < 0) {
		quorum_clear(&q);
		fault_prefix(fault, "the role %.60s", name);
		return r;
	}
	*ret = q;
	return 0;
}

void quorum_clear(struct quorum *q)
{
	keyring_clear(&q->ring);
	q->ids = NULL;
}

static bool is_among(json_t *list, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (!strcmp(json_string_value(item), name))
			return true;
	return false;
}

static json_t *delegations_of(const struct workshop *w, const char *role, json_t **file,
			      struct fault *fault)
{
	if (workshop_newest(w, role, file, NULL, NULL, fault) < 0)
		return NULL;
	return json_object_get(json_object_get(*file, "signed"), "delegations");
}

int quorum_each(const struct workshop *w,
		int (*each)(void *ctx, const char *role, const char *delegator,
			    json_t *delegations),
		void *ctx, struct fault *fault)
{
	_drop_(drop_json) json_t *seen = json_pack("[s]", "targets");
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_array_size(seen) && i < ROLES_MAX; i++) {
		const char *delegator = json_string_value(json_array_get(seen, i));
		_drop_(drop_json) json_t *file = NULL;
		json_t *delegations = delegations_of(w, delegator, &file, fault), *role;
		size_t k;

		json_array_foreach(json_object_get(delegations, "roles"), k, role) {
			const char *name = json_string_value(json_object_get(role, "name"));

			if (r < 0 || !name || is_among(seen, name))
				continue;
			json_array_append_new(seen, json_string(name));
			r = each(ctx, name, delegator, delegations);
		}
	}
	return r;
}

struct hunt {
	const char *role;
	json_t *delegations;
};

static int is_it(void *ctx, const char *role, const char *delegator, json_t *delegations)
{
	struct hunt *h = ctx;

	(void)delegator;
	if (!h->delegations && !strcmp(role, h->role))
		h->delegations = json_incref(delegations);
	return 0;
}

int quorum_find(const struct workshop *w, const char *role, json_t **by, struct quorum *ret,
		struct fault *fault)
{
	struct hunt h = { .role = role };
	int r;

	*by = NULL;
	if (!w->root)
		return fault_set(fault, -ENOENT, "the first root waits for signatures");
	r = quorum_of(w->root, role, ret, fault);
	if (r != -ENOENT)
		return r;
	r = quorum_each(w, is_it, &h, fault);
	if (r == 0 && !h.delegations)
		r = fault_set(fault, -ENOENT, "no role %.60s is delegated to here", role);
	if (r == 0)
		r = quorum_of(h.delegations, role, ret, fault);
	*by = h.delegations;
	return r;
}

static const char *signature_of(json_t *file, const char *id)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(file, "signatures"), i, item) {
		const char *by = json_string_value(json_object_get(item, "keyid"));

		if (by && !strcmp(by, id))
			return json_string_value(json_object_get(item, "sig"));
	}
	return NULL;
}

int quorum_count(const struct quorum *q, json_t *file, size_t *have, json_t **missing)
{
	_drop_(drop_json) json_t *others = json_array();
	_free_ char *data = NULL;
	size_t len, n = 0;
	int r = canon_write(json_object_get(file, "signed"), &data, &len, NULL);

	for (size_t i = 0; r == 0 && i < q->signers.n; i++) {
		const struct key *k = q->signers.keys[i];
		const char *sig = signature_of(file, key_id(k));

		if (sig && key_verify(k, data, len, sig))
			n++;
		else if (json_array_append_new(others, json_string(key_id(k))) < 0)
			r = -ENOMEM;
	}
	if (r < 0)
		return r;
	*have = n;
	if (missing)
		*missing = take(others);
	return 0;
}
