// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/json.h"
#include "policy/role.h"
#include "policy/token.h"

struct ring {
	struct key *keys[ROLE_KEYS_MAX];
	size_t n;
};

static void clear_ring(struct ring *r)
{
	for (size_t i = 0; i < r->n; i++)
		key_free(r->keys[i]);
}

/* A key that does not decode signs nothing, as in all metadata. */
static int open_ring(json_t *keys, struct ring *ret)
{
	json_t *object;
	size_t i;

	json_array_foreach(keys, i, object) {
		char id[KEY_ID_TEXT];
		int r = ret->n < ROLE_KEYS_MAX ? key_name(object, id, NULL) : -EINVAL;

		if (r == 0)
			r = key_parse(id, object, &ret->keys[ret->n], NULL);
		if (r == -ENOMEM)
			return r;
		ret->n += r == 0;
	}
	return 0;
}

static void to_hex(const uint8_t *data, size_t len, char *ret)
{
	for (size_t i = 0; i < len; i++)
		snprintf(ret + 2 * i, 3, "%02x", data[i]);
}

/* The token has room for the beginning of an id only. */
static const char *whole_id(const struct ring *r, const char *begin)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strncmp(key_id(r->keys[i]), begin, strlen(begin)))
			return key_id(r->keys[i]);
	return begin;
}

static json_t *signatures_of(const struct token *t, const struct ring *ring)
{
	json_t *all = json_array();

	for (size_t i = 0; i < t->n; i++) {
		char key[2 * TOKEN_KEY + 1], sig[2 * TOKEN_SIGN + 1];

		to_hex(t->by[i].key, TOKEN_KEY, key);
		to_hex(t->by[i].sig, t->by[i].len, sig);
		json_array_append_new(all, json_pack("{s:s, s:s}", "keyid", whole_id(ring, key),
						     "sig", sig));
	}
	return all;
}

static void name_them(const struct key *const *by, int64_t n, char who[TOKEN_WHO])
{
	*who = '\0';
	for (int64_t i = 0; i < n; i++) {
		size_t at = strlen(who);

		snprintf(who + at, TOKEN_WHO - at, "%s%.*s", at ? " and " : "", 2 * TOKEN_KEY,
			 key_id(by[i]));
	}
}

static int check(const struct token *t, const struct ring *ring, int64_t threshold,
		 char who[TOKEN_WHO], struct fault *fault)
{
	_drop_(drop_json) json_t *body = token_body(t);
	_drop_(drop_json) json_t *file = NULL;
	struct signers signers = { .n = ring->n, .threshold = threshold };
	struct metadata m = { .body = body };
	const struct key *by[ROLE_KEYS_MAX];
	int r;

	for (size_t i = 0; i < ring->n; i++)
		signers.keys[i] = ring->keys[i];
	file = m.file = json_pack("{s:o}", "signatures", signatures_of(t, ring));
	if (!body || !file)
		return -ENOMEM;
	r = metadata_check(&m, &signers, by, fault);
	if (r == 0)
		name_them(by, threshold, who);
	return r;
}

int token_check(const struct token *t, json_t *keys, int64_t threshold, char who[TOKEN_WHO],
		struct fault *fault)
{
	struct ring ring = { .n = 0 };
	int r = open_ring(keys, &ring);

	if (r == 0)
		r = check(t, &ring, threshold, who, fault);
	clear_ring(&ring);
	if (r < 0)
		fault_prefix(fault, "the token");
	return r;
}
