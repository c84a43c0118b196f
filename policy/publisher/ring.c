// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "policy/json.h"
#include "policy/publisher/public.h"
#include "policy/publisher/ring.h"
#include "policy/publisher/secret.h"

/* What follows "ROLE=", or NULL. */
static const char *value_for(const char *word, enum role role)
{
	size_t n = strlen(role_kinds[role].name);

	return !strncmp(word, role_kinds[role].name, n) && word[n] == '=' ? word + n + 1 : NULL;
}

static bool is_role(const char *name, size_t len, char *const *roles)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		const char *known = role_kinds[role].name;
		char *const *r = roles;

		if (strlen(known) != len || strncmp(known, name, len))
			continue;
		while (r && *r && strcmp(*r, known))
			r++;
		return !r || *r;
	}
	return false;
}

int ring_check(const struct options *o, char *const *roles, struct fault *fault)
{
	for (size_t i = 0; i < o->public.n; i++) {
		const char *word = o->public.at[i];

		if (!strchr(word, '=') || !is_role(word, strcspn(word, "="), roles))
			return fault_set(fault, -EINVAL,
					 "--public %s: must be ROLE=FILE, with a role that gets "
					 "new keys here",
					 word);
	}
	for (size_t i = 0; i < o->open.n; i++)
		if (strcmp(o->open.at[i], "all") &&
		    !is_role(o->open.at[i], strlen(o->open.at[i]), NULL))
			return fault_set(fault, -EINVAL,
					 "--no-passphrase %s: must be root, targets, snapshot, "
					 "timestamp or all",
					 o->open.at[i]);
	return 0;
}

static int list_key(json_t *root, json_t *ids, const char *id, json_t *public)
{
	return json_object_set_new(json_object_get(root, "keys"), id, public) < 0 ||
			       json_array_append_new(ids, json_string(id)) < 0
		       ? -ENOMEM
		       : 0;
}

static int take_public(const struct options *o, enum role role, struct hand *hand, json_t *root,
		       json_t *ids, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->public.n; i++) {
		const char *file = value_for(o->public.at[i], role);
		char id[KEY_ID_TEXT];
		json_t *public;

		if (!file)
			continue;
		r = public_load(AT_FDCWD, file, &public, id, fault);
		if (r < 0)
			return r;
		hand_know(hand, file, id, public);
		r = list_key(root, ids, id, public);
	}
	return r;
}

static int make_key(struct ring *ring, const struct options *o, enum role role, json_t *root,
		    json_t *ids, struct fault *fault)
{
	struct secret *s;
	json_t *public;
	int r;

	if (ring->n == RING_KEYS)
		return fault_set(fault, -E2BIG, "more than %d new keys", RING_KEYS);
	r = secret_make_type(o->type ? o->type : "p256", &s, fault);
	if (r < 0)
		return r;
	ring->made[ring->n].secret = s;
	ring->made[ring->n++].role = role;
	r = secret_public(s, &public, fault);
	return r < 0 ? r : list_key(root, ids, secret_id(s), public);
}

static bool is_used(json_t *roles, const char *id)
{
	const char *name;
	json_t *role, *item;
	size_t i;

	json_object_foreach(roles, name, role)
		json_array_foreach(json_object_get(role, "keyids"), i, item)
			if (!strcmp(json_string_value(item), id))
				return true;
	return false;
}

static void drop_unused(json_t *root)
{
	json_t *keys = json_object_get(root, "keys"), *key;
	const char *id;
	void *next;

	json_object_foreach_safe(keys, next, id, key) if (!is_used(json_object_get(root, "roles"),
								   id)) json_object_del(keys, id);
}

int ring_renew(struct ring *ring, const struct options *o, struct hand *hand, enum role role,
	       unsigned threshold, json_t *root, struct fault *fault)
{
	json_t *ids = json_array();
	int r;

	if (json_object_set_new(json_object_get(root, "roles"), role_kinds[role].name,
				json_pack("{s:o, s:i}", "keyids", ids, "threshold",
					  (int)threshold)) < 0)
		return -ENOMEM;
	r = take_public(o, role, hand, root, ids, fault);
	if (r == 0 && json_array_size(ids) && json_array_size(ids) < threshold)
		r = fault_set(fault, -EINVAL, "a threshold of %u needs as many keys for %s",
			      threshold, role_kinds[role].name);
	for (unsigned i = 0, n = json_array_size(ids) ? 0 : threshold; r == 0 && i < n; i++)
		r = make_key(ring, o, role, root, ids, fault);
	if (r == 0)
		drop_unused(root);
	return r;
}

static bool stays_open(const struct options *o, enum role role)
{
	for (size_t i = 0; i < o->open.n; i++)
		if (!strcmp(o->open.at[i], "all") || !strcmp(o->open.at[i], role_kinds[role].name))
			return true;
	return false;
}

/* The files of earlier keys stay, so that a pending root can still be signed with them. */
static void free_name(int dir, enum role role, char name[100])
{
	char pub[100];
	unsigned n = 0;

	do {
		snprintf(name, 100, "keys/%s-%u.pem", role_kinds[role].name, ++n);
		snprintf(pub, 100, "keys/%s-%u.pub", role_kinds[role].name, n);
	} while (faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		 faccessat(dir, pub, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
}

static int store_one(struct ring *ring, size_t i, const struct options *o, int dir,
		     struct fault *fault)
{
	bool open = stays_open(o, ring->made[i].role);
	char name[100];
	int r = 0;

	if (!open && !ring->phrase.last.data)
		r = phrase_choose(&ring->phrase, "the new keys", fault);
	if (r < 0)
		return r;
	free_name(dir, ring->made[i].role, name);
	r = secret_store(ring->made[i].secret, dir, name, open ? NULL : &ring->phrase.last, fault);
	if (r == 0)
		strcpy(ring->made[i].path, name);
	return r;
}

int ring_store(struct ring *ring, const struct options *o, struct workshop *w, struct fault *fault)
{
	int r = 0;

	ring->phrase.file = o->phrase_file;
	for (size_t i = 0; r == 0 && i < ring->n; i++)
		r = store_one(ring, i, o, w->dir, fault);
	for (size_t i = 0; r == 0 && i < ring->n; i++) {
		r = hand_take(w->hand, ring->made[i].path, ring->made[i].secret, fault);
		if (r == 0)
			ring->made[i].secret = NULL; /* its own now */
	}
	if (r < 0)
		ring_undo(ring, w->dir);
	return r;
}

void ring_undo(struct ring *ring, int dir)
{
	char pub[100];

	for (size_t i = 0; i < ring->n; i++) {
		if (!*ring->made[i].path)
			continue;
		unlinkat(dir, ring->made[i].path, 0);
		if (secret_public_name(ring->made[i].path, pub, sizeof(pub)) == 0)
			unlinkat(dir, pub, 0);
	}
}

void ring_clear(struct ring *ring)
{
	for (size_t i = 0; i < ring->n; i++)
		secret_free(ring->made[i].secret);
	phrase_clear(&ring->phrase);
	ring->n = 0;
}
