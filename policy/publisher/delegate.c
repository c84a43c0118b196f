// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/delegation.h"
#include "policy/publisher/public.h"
#include "policy/publisher/sign.h"
#include "policy/publisher/tool.h"

static json_t *need_member(json_t *object, const char *name, json_t *made)
{
	json_t *is = json_object_get(object, name);

	if (is)
		json_decref(made);
	else if (json_object_set_new(object, name, made) == 0)
		is = made;
	return is;
}

static void drop_role(json_t *roles, const char *name, bool *had)
{
	for (size_t i = json_array_size(roles); i-- > 0;) {
		const char *is =
			json_string_value(json_object_get(json_array_get(roles, i), "name"));

		if (is && !strcmp(is, name)) {
			json_array_remove(roles, i);
			*had = true;
		}
	}
}

static bool is_used(json_t *roles, const char *id)
{
	json_t *role, *item;
	size_t i, k;

	json_array_foreach(roles, i, role)
		json_array_foreach(json_object_get(role, "keyids"), k, item)
			if (!strcmp(json_string_value(item), id))
				return true;
	return false;
}

static void drop_unused(json_t *delegations)
{
	json_t *keys = json_object_get(delegations, "keys"), *key;
	const char *id;
	void *next;

	json_object_foreach_safe(keys, next, id,
				 key) if (!is_used(json_object_get(delegations, "roles"), id))
		json_object_del(keys, id);
}

static int list_keys(struct hand *hand, const struct options *o, json_t *keys, json_t *ids,
		     struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->public.n; i++) {
		char id[KEY_ID_TEXT];
		json_t *public;

		r = public_load(AT_FDCWD, o->public.at[i], &public, id, fault);
		if (r == 0)
			hand_know(hand, o->public.at[i], id, public);
		if (r == 0 && (json_object_set_new(keys, id, public) < 0 ||
			       json_array_append_new(ids, json_string(id)) < 0))
			r = -ENOMEM;
	}
	return r;
}

static int add_role(struct hand *hand, const struct options *o, json_t *delegations, json_t *roles,
		    struct fault *fault)
{
	unsigned threshold = o->threshold ? o->threshold : 1;
	json_t *ids = json_array(), *paths = json_array();
	json_t *role = json_pack("{s:s, s:o, s:i, s:o, s:b}", "name", o->args[1], "keyids", ids,
				 "threshold", (int)threshold, "paths", paths, "terminating",
				 o->terminating);

	if (!role || json_array_append_new(roles, role) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < o->paths.n; i++)
		json_array_append_new(paths, json_string(o->paths.at[i]));
	if (o->public.n < threshold)
		return fault_set(fault, -EINVAL, "a threshold of %u needs as many keys (--public)",
				 threshold);
	return list_keys(hand, o, json_object_get(delegations, "keys"), ids, fault);
}

static int edit(struct hand *hand, const struct options *o, json_t *body, struct fault *fault)
{
	_drop_(drop_delegations) struct delegations *check = NULL;
	json_t *delegations = need_member(body, "delegations", json_object());
	json_t *roles = need_member(delegations, "roles", json_array());
	bool had = false;
	int r = 0;

	need_member(delegations, "keys", json_object());
	drop_role(roles, o->args[1], &had);
	if (!o->revoke)
		r = add_role(hand, o, delegations, roles, fault);
	else if (!had)
		r = fault_set(fault, -ENOENT, "targets does not delegate to %s", o->args[1]);
	drop_unused(delegations);
	if (r == 0 && !json_array_size(roles))
		json_object_del(body, "delegations");
	return r < 0 ? r : delegations_read(body, &check, fault);
}

static int delegate(struct workshop *w, const struct options *o, struct fault *fault)
{
	int64_t expires = io_now() + (int64_t)options_life(o, SIGN_LIFE);
	_drop_(drop_json) json_t *file = NULL;
	int r = workshop_edit(w, "targets", expires, &file, fault);

	if (r == 0)
		r = edit(w->hand, o, json_object_get(file, "signed"), fault);
	if (r == 0)
		r = workshop_put_draft(w, "targets", file, fault);
	return r < 0 ? r : release_run(w, o, fault);
}

int delegate_main(int argc, char **argv)
{
	struct workshop w = { .dir = -1 };
	struct fault fault = { 0 };
	struct options o;
	int r;

	if (options_read(argc, argv, "ekputPxX", 2, 2, &o) < 0 ||
	    (o.revoke ? o.paths.n || o.public.n : !o.paths.n || !o.public.n))
		return tool_usage("delegate");
	r = workshop_open(o.args[0], &o, WORKSHOP_WRITE, &w, &fault);
	if (r == 0)
		r = delegate(&w, &o, &fault);
	return sign_finish("not delegated", r, &w, &fault);
}
