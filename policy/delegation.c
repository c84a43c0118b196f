// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/delegation.h"
#include "policy/json.h"
#include "policy/keyring.h"
#include "policy/pattern.h"

#define BITS_MAX    32
#define PATH_PREFIX "path_hash_prefixes"

struct delegations {
	struct keyring keys;
	json_t *roles; /* NULL with bins */
	json_t *bins;  /* "succinct_roles"; NULL with roles */
	const char *bin_prefix;
	int64_t bits;
};

/* A role that took the name of one of root's would take its place in the store. */
static int check_name(const char *name, struct fault *fault)
{
	for (int i = 0; i < ROLE_COUNT; i++)
		if (!strcmp(name, role_kinds[i].name))
			return fault_set(fault, -EINVAL, "delegates to the top-level role %s",
					 name);
	if (!role_fits(name))
		return fault_set(fault, -EINVAL, "the role %.40s has an empty or too long name",
				 name);
	return 0;
}

/* "paths" or "path_hash_prefixes", one of them. */
static int check_paths(json_t *role, struct fault *fault)
{
	json_t *paths = json_object_get(role, "paths");
	json_t *prefixes = json_object_get(role, PATH_PREFIX);
	json_t *list = paths ? paths : prefixes, *item;
	size_t i;

	if (!paths == !prefixes)
		return fault_set(fault, -EINVAL,
				 "must have either \"paths\" or \"" PATH_PREFIX "\"");
	if (!json_is_array(list))
		return fault_set(fault, -EINVAL, "\"paths\" must be an array");
	json_array_foreach(list, i, item) {
		if (!json_is_string(item))
			return fault_set(fault, -EINVAL, "\"paths\" must be strings");
	}
	return 0;
}

static int check_role(const struct keyring *keys, json_t *role, struct fault *fault)
{
	struct signers signers;
	const char *name = "";
	bool terminating;
	int r;

	r = json_need_text(role, "name", &name, fault);
	if (r == 0)
		r = check_name(name, fault);
	if (r == 0)
		r = json_need_flag(role, "terminating", &terminating, fault);
	if (r == 0)
		r = check_paths(role, fault);
	if (r == 0)
		r = keyring_signers(keys, role, &signers, fault);
	if (r < 0)
		fault_prefix(fault, "delegated role %.40s", name);
	return r;
}

/* Narrow enough for the last bin, wide enough for all: "PREFIX-0a". */
static int write_bin(const struct delegations *d, uint32_t bin, char name[ROLE_NAME_ROOM])
{
	int digits = (int)(d->bits + 3) / 4;
	int n = snprintf(name, ROLE_NAME_ROOM, "%s-%0*x", d->bin_prefix, digits, bin);

	return n < ROLE_NAME_ROOM ? 0 : -EINVAL;
}

static int read_bins(struct delegations *d, struct fault *fault)
{
	struct signers signers;
	char name[ROLE_NAME_ROOM];
	int r;

	r = json_need_text(d->bins, "name_prefix", &d->bin_prefix, fault);
	if (r == 0)
		r = json_need_number(d->bins, "bit_length", 1, BITS_MAX, &d->bits, fault);
	if (r == 0)
		r = keyring_signers(&d->keys, d->bins, &signers, fault);
	if (r < 0)
		return r;
	if (write_bin(d, 0, name) < 0 || !role_fits(name))
		return fault_set(fault, -EINVAL, "the bins %.40s have too long a name",
				 d->bin_prefix);
	return 0;
}

static int read_roles(struct delegations *d, struct fault *fault)
{
	json_t *role;
	size_t i;
	int r;

	json_array_foreach(d->roles, i, role) {
		r = check_role(&d->keys, role, fault);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_all(struct delegations *d, json_t *object, struct fault *fault)
{
	json_t *keys = NULL;
	int r;

	r = json_need_object(object, "keys", &keys, fault);
	if (r == 0)
		r = keyring_read(&d->keys, keys, fault);
	if (r < 0)
		return r;
	d->bins = json_object_get(object, "succinct_roles");
	if (!d->bins) {
		r = json_need_array(object, "roles", &d->roles, fault);
		return r < 0 ? r : read_roles(d, fault);
	}
	if (json_object_get(object, "roles"))
		return fault_set(fault, -EINVAL, "has both \"roles\" and \"succinct_roles\"");
	return read_bins(d, fault);
}

int delegations_read(json_t *body, struct delegations **ret, struct fault *fault)
{
	_drop_(drop_delegations) struct delegations *d = NULL;
	json_t *object = NULL;
	int r;

	*ret = NULL;
	if (!json_object_get(body, "delegations"))
		return 0;
	r = json_need_object(body, "delegations", &object, fault);
	if (r < 0)
		return r;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	r = read_all(d, object, fault);
	if (r == 0)
		*ret = take(d);
	return r;
}

struct delegations *delegations_free(struct delegations *d)
{
	if (d) {
		keyring_clear(&d->keys);
		free(d);
	}
	return NULL;
}

static bool begins_with(const char *text, const char *prefix)
{
	return !strncmp(text, prefix, strlen(prefix));
}

static bool is_trusted(json_t *role, const char *target, const char *hash)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(role, "paths"), i, item) {
		if (pattern_fits(json_string_value(item), target))
			return true;
	}
	json_array_foreach(json_object_get(role, PATH_PREFIX), i, item) {
		if (begins_with(hash, json_string_value(item)))
			return true;
	}
	return false;
}

/* The highest bits of the hash choose; what is not in its bin is nowhere (TAP 15). */
static int next_bin(const struct delegations *d, const uint8_t *hash, struct delegation *ret)
{
	uint32_t top = (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 |
		       hash[3];

	ret->terminating = true;
	write_bin(d, top >> (BITS_MAX - d->bits), ret->name);
	return keyring_signers(&d->keys, d->bins, &ret->signers, NULL);
}

int delegations_next(const struct delegations *d, const char *target, size_t *at,
		     struct delegation *ret)
{
	char hex[DIGEST_TEXT];
	uint8_t hash[DIGEST_MAX];
	json_t *role;

	if (!d || digest_make(DIGEST_SHA256, target, strlen(target), hash) < 0 ||
	    digest_make_text(DIGEST_SHA256, target, strlen(target), hex) < 0)
		return -ENOENT;
	if (d->bins)
		return (*at)++ ? -ENOENT : next_bin(d, hash, ret);
	while ((role = json_array_get(d->roles, (*at)++))) {
		if (!is_trusted(role, target, hex))
			continue;
		snprintf(ret->name, sizeof(ret->name), "%s",
			 json_string_value(json_object_get(role, "name")));
		ret->terminating = json_is_true(json_object_get(role, "terminating"));
		return keyring_signers(&d->keys, role, &ret->signers, NULL);
	}
	return -ENOENT;
}
