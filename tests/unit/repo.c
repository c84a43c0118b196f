// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/canon.h"
#include "policy/publisher/draft.h"
#include "tests/unit/repo.h"
#include "tests/unit/test.h"

int shelf_find(const struct shelf *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->files[i].name, name))
			return (int)i;
	return -ENOENT;
}

void shelf_put(struct shelf *s, const char *name, const char *text, size_t len)
{
	int i = shelf_find(s, name);

	if (i < 0) {
		assert_true(s->n < SHELF_ROOM);
		i = (int)s->n++;
		s->files[i].name = strdup(name);
		s->files[i].text = NULL;
	}
	free(s->files[i].text);
	s->files[i].text = malloc(len + 1);
	memcpy(s->files[i].text, text, len);
	s->files[i].text[len] = '\0';
	s->files[i].len = len;
}

void shelf_drop(struct shelf *s, const char *name)
{
	int i = shelf_find(s, name);

	if (i < 0)
		return;
	free(s->files[i].name);
	free(s->files[i].text);
	s->files[i] = s->files[--s->n];
}

static void shelf_clear(struct shelf *s)
{
	while (s->n)
		shelf_drop(s, s->files[0].name);
}

static int shelf_get(const struct shelf *s, const char *name, char **ret, size_t *len)
{
	int i = shelf_find(s, name);

	if (i < 0)
		return i;
	*ret = malloc(s->files[i].len + 1);
	memcpy(*ret, s->files[i].text, s->files[i].len + 1);
	*len = s->files[i].len;
	return 0;
}

static int fetch(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		 struct fault *fault)
{
	struct repo *r = ctx;
	int i = shelf_find(&r->server, path);
	size_t n = strlen(r->seen);

	(void)fault;
	snprintf(r->seen + n, SEEN_ROOM - n, "%s ", path);
	if (i >= 0 && r->server.files[i].len > max)
		return -EFBIG;
	return shelf_get(&r->server, path, ret, len);
}

static int load(void *ctx, const char *name, char **ret, size_t *len)
{
	return shelf_get(&((struct repo *)ctx)->store, name, ret, len);
}

static int keep(void *ctx, const char *name, const char *data, size_t len)
{
	struct repo *r = ctx;

	if (r->keep_err && r->keep_after-- <= 0)
		return r->keep_err;
	shelf_put(&r->store, name, data, len);
	return 0;
}

struct tuf_io repo_io(struct repo *r)
{
	return (struct tuf_io){ r, fetch, load, keep, r->now };
}

static void forget_keys(struct repo_role *role)
{
	for (size_t i = 0; i < REPO_KEYS; i++)
		role->keys[i] = secret_free(role->keys[i]);
	role->n_sign = 0;
}

void repo_new_keys(struct repo *r, enum role role)
{
	if (role == ROLE_ROOT && r->roles[role].keys[0]) {
		forget_keys(&r->old_root);
		r->old_root = r->roles[role];
		memset(r->roles[role].keys, 0, sizeof(r->roles[role].keys));
	}
	for (size_t i = 0; i < REPO_KEYS; i++) {
		secret_free(r->roles[role].keys[i]);
		assert_int_equal(secret_make(&r->roles[role].keys[i], NULL), 0);
	}
}

static void add_signatures(json_t *signatures, const struct repo_role *role, const char *data,
			   size_t len)
{
	for (size_t i = 0; i < role->n_sign + role->sign_twice; i++) {
		struct secret *s = role->keys[i < role->n_sign ? i : 0];
		char *sig;

		assert_int_equal(secret_sign(s, data, len, &sig, NULL), 0);
		json_array_append_new(signatures,
				      json_pack("{s:s, s:s}", "keyid", secret_id(s), "sig", sig));
		free(sig);
	}
}

/* Signs and shelves; *mark as the file that names this one must have it. */
static void put(struct repo *r, enum role role, json_t *body, const struct repo_role *also,
		json_t **mark)
{
	int64_t said = r->roles[role].version + r->roles[role].say_more;
	json_t *signatures = json_array(), *file;
	char name[DRAFT_NAME_MAX], *data, *text;
	size_t len;

	assert_int_equal(canon_write(body, &data, &len, NULL), 0);
	add_signatures(signatures, &r->roles[role], data, len);
	if (also)
		add_signatures(signatures, also, data, len);
	file = json_pack("{s:o, s:O}", "signatures", signatures, "signed", body);
	text = json_dumps(file, JSON_INDENT(1));
	draft_name(role, said, name);
	if (!r->consistent && role != ROLE_ROOT)
		snprintf(name, sizeof(name), "metadata/%s.json", role_kinds[role].name);
	shelf_put(&r->server, name, text, strlen(text));
	if (mark)
		draft_mark(text, strlen(text), said, mark);
	free(data);
	free(text);
	json_decref(file);
	json_decref(body);
}

static json_t *body_of(struct repo *r, enum role role)
{
	json_t *body;

	assert_int_equal(
		draft_new(role, r->roles[role].version, r->roles[role].expires, &body, NULL), 0);
	return body;
}

static json_t *role_of(struct repo *r, enum role role, json_t *keys)
{
	json_t *ids = json_array(), *public;

	for (size_t i = 0; i < r->roles[role].n_keys; i++) {
		struct secret *s = r->roles[role].keys[i];

		assert_int_equal(secret_public(s, &public, NULL), 0);
		json_object_set_new(keys, secret_id(s), public);
		json_array_append_new(ids, json_string(secret_id(s)));
	}
	return json_pack("{s:o, s:i}", "keyids", ids, "threshold", r->roles[role].threshold);
}

void repo_root(struct repo *r)
{
	json_t *body, *keys = json_object(), *roles = json_object();

	r->roles[ROLE_ROOT].version++;
	body = body_of(r, ROLE_ROOT);
	for (int i = 0; i < ROLE_COUNT; i++)
		json_object_set_new(roles, role_kinds[i].name, role_of(r, i, keys));
	json_object_set_new(body, "keys", keys);
	json_object_set_new(body, "roles", roles);
	json_object_set_new(body, "consistent_snapshot", json_boolean(r->consistent));
	put(r, ROLE_ROOT, body, &r->old_root, NULL);
	forget_keys(&r->old_root);
}

static json_t *put_target(struct repo *r)
{
	char name[DRAFT_NAME_MAX], hash[DIGEST_TEXT];
	size_t len = strlen(r->target);
	json_t *mark;

	assert_int_equal(digest_make_text(DIGEST_SHA256, r->target, len, hash), 0);
	if (r->consistent)
		snprintf(name, sizeof(name), "targets/%s.policy.json", hash);
	else
		snprintf(name, sizeof(name), "targets/policy.json");
	shelf_put(&r->server, name, r->target, len);
	assert_int_equal(draft_mark(r->target, len, 0, &mark), 0);
	return mark;
}

static json_t *put_list(struct repo *r, enum role role, const char *name, json_t *entry)
{
	json_t *body = body_of(r, role), *list = json_object(), *mark;

	json_object_set_new(list, name, entry);
	if (role == ROLE_SNAPSHOT)
		json_object_update(list, r->extra);
	if (role == ROLE_TARGETS && r->delegations)
		json_object_set(body, "delegations", r->delegations);
	json_object_set_new(body, role_kinds[role].list, list);
	put(r, role, body, NULL, &mark);
	return mark;
}

void repo_sign(struct repo *r)
{
	json_t *target = put_target(r);
	json_t *targets = put_list(r, ROLE_TARGETS, "policy.json", target);
	json_t *snapshot = put_list(r, ROLE_SNAPSHOT, "targets.json", targets);

	json_decref(put_list(r, ROLE_TIMESTAMP, "snapshot.json", snapshot));
}

void repo_bump(struct repo *r)
{
	for (int role = ROLE_TIMESTAMP; role < ROLE_COUNT; role++)
		r->roles[role].version++;
	repo_sign(r);
}

void repo_trust(struct repo *r, int64_t root)
{
	char name[DRAFT_NAME_MAX];
	int i;

	draft_name(ROLE_ROOT, root, name);
	i = shelf_find(&r->server, name);
	assert_true(i >= 0);
	shelf_clear(&r->store);
	shelf_put(&r->store, "root.json", r->server.files[i].text, r->server.files[i].len);
}

struct repo *repo_new(void)
{
	struct repo *r = calloc(1, sizeof(*r));

	r->consistent = true;
	r->target = "first";
	r->path = "policy.json";
	r->extra = json_object();
	r->now = REPO_NOW;
	for (int role = 0; role < ROLE_COUNT; role++) {
		r->roles[role] = (struct repo_role){
			.n_keys = 1, .threshold = 1, .n_sign = 1, .expires = REPO_NOW + 1000
		};
		repo_new_keys(r, role);
	}
	repo_root(r);
	repo_trust(r, 1);
	repo_bump(r);
	return r;
}

struct repo *repo_free(struct repo *r)
{
	for (int role = 0; role < ROLE_COUNT; role++)
		forget_keys(&r->roles[role]);
	forget_keys(&r->old_root);
	json_decref(r->extra);
	json_decref(r->delegations);
	shelf_clear(&r->server);
	shelf_clear(&r->store);
	free(r);
	return NULL;
}

int repo_client(struct repo *r, const char *want, struct fault *fault)
{
	struct tuf_io io = repo_io(r);
	struct tuf *t = NULL;
	char *text = NULL;
	size_t len = 0;
	int e;

	r->seen[0] = '\0';
	e = tuf_open(&io, &t, fault);
	if (e == 0)
		e = tuf_refresh(t, fault);
	if (e == 0)
		e = tuf_target(t, r->path, &text, &len, fault);
	if (e == 0 && want)
		assert_string_equal(text, want);
	free(text);
	tuf_close(t);
	return e;
}
