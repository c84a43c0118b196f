// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/canon.h"
#include "policy/delegation.h"
#include "policy/json.h"
#include "policy/role.h"
#include "policy/stamp.h"

const struct role_kind role_kinds[ROLE_COUNT] = {
	[ROLE_ROOT] = { "root", NULL, NULL, 512000 },
	[ROLE_TIMESTAMP] = { "timestamp", "meta", "snapshot.json", 16384 },
	[ROLE_SNAPSHOT] = { "snapshot", "meta", "targets.json", 2000000 },
	[ROLE_TARGETS] = { "targets", "targets", NULL, 5000000 },
};

static const struct key *signer_find(const struct signers *s, const char *id)
{
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(key_id(s->keys[i]), id))
			return s->keys[i];
	return NULL;
}

static bool is_among(const struct key *const *keys, size_t n, const struct key *k)
{
	for (size_t i = 0; i < n; i++)
		if (key_same(keys[i], k))
			return true;
	return false;
}

static size_t find_signers(json_t *signatures, const struct signers *s, const char *data,
			   size_t len, const struct key *seen[ROLE_KEYS_MAX])
{
	size_t n = 0, i;
	json_t *item;

	json_array_foreach(signatures, i, item) {
		const char *id = json_string_value(json_object_get(item, "keyid"));
		const char *sig = json_string_value(json_object_get(item, "sig"));
		const struct key *k = signer_find(s, id);

		if (k && !is_among(seen, n, k) && key_verify(k, data, len, sig))
			seen[n++] = k;
		if (n >= (uint64_t)s->threshold)
			break; /* checking more would only cost time */
	}
	return n;
}

int metadata_check(const struct metadata *m, const struct signers *signers,
		   const struct key *by[ROLE_KEYS_MAX], struct fault *fault)
{
	const struct key *seen[ROLE_KEYS_MAX];
	_free_ char *data = NULL;
	size_t len, n;
	int r;

	r = canon_write(m->body, &data, &len, fault);
	if (r < 0)
		return r == -EINVAL ? -EBADMSG : r;
	n = find_signers(json_object_get(m->file, "signatures"), signers, data, len, seen);
	if (n < (uint64_t)signers->threshold)
		return fault_set(fault, -EBADMSG, "has %zu of %" PRId64 " needed signatures", n,
				 signers->threshold);
	if (by)
		memcpy(by, seen, n * sizeof(*by));
	return 0;
}

/* Each signature is an object with two strings, and no key signs twice. */
static int check_signatures(json_t *signatures, struct fault *fault)
{
	json_t *item, *other;
	size_t i;

	if (json_array_size(signatures) > ROLE_KEYS_MAX)
		return fault_set(fault, -EINVAL, "has more than %d signatures", ROLE_KEYS_MAX);
	json_array_foreach(signatures, i, item) {
		const char *id, *sig;
		int r = json_need_text(item, "keyid", &id, fault);

		if (r == 0)
			r = json_need_text(item, "sig", &sig, fault);
		if (r < 0)
			return r;
		for (size_t k = 0; k < i; k++) {
			other = json_object_get(json_array_get(signatures, k), "keyid");
			if (!strcmp(json_string_value(other), id))
				return fault_set(fault, -EINVAL, "is signed twice by key %.12s",
						 id);
		}
	}
	return 0;
}

static int read_envelope(struct metadata *m, struct fault *fault)
{
	json_t *signatures;
	int r;

	r = json_read(m->text, m->len, &m->file, fault);
	if (r == 0)
		r = json_need_object(m->file, "signed", &m->body, fault);
	if (r == 0)
		r = json_need_array(m->file, "signatures", &signatures, fault);
	return r < 0 ? r : check_signatures(signatures, fault);
}

/* What all roles have in common (section 4.2.1). */
static int read_head(struct metadata *m, struct fault *fault)
{
	const char *type, *spec, *expires;
	int r;

	r = json_need_text(m->body, "_type", &type, fault);
	if (r == 0)
		r = json_need_text(m->body, "spec_version", &spec, fault);
	if (r == 0)
		r = json_need_text(m->body, "expires", &expires, fault);
	if (r == 0)
		r = json_need_number(m->body, "version", 1, MARK_VERSION_MAX, &m->version, fault);
	if (r < 0)
		return r;
	if (strcmp(type, role_kinds[m->role].name))
		return fault_set(fault, -EINVAL, "is of the type \"%.20s\" instead of \"%s\"", type,
				 role_kinds[m->role].name);
	if (strncmp(spec, "1.", 2))
		return fault_set(fault, -EINVAL, "follows version %.20s of TUF instead of 1", spec);
	if (stamp_parse(expires, &m->expires) < 0)
		return fault_set(fault, -EINVAL, "\"expires\" is not a time in UTC");
	return 0;
}

/* Meta files must have a version, targets a length and a hash (sections 4.4 and 4.5). */
static int check_mark(const struct metadata *m, json_t *object, struct fault *fault)
{
	struct fault why = { 0 };
	struct mark mark;
	int r = mark_parse(object, &mark, &why);

	/* A target with hashes of another time is of no use here; the others are. */
	if (r == -ENOTSUP && m->role == ROLE_TARGETS && json_object_get(object, "length"))
		return 0;
	if (r < 0)
		return fault_set(fault, r == -ENOTSUP ? -EINVAL : r, "%s", why.why);
	if (m->role != ROLE_TARGETS)
		return mark.version ? 0 : fault_set(fault, -EINVAL, "\"version\" is missing");
	if (mark.len < 0 || !json_object_get(object, "hashes"))
		return fault_set(fault, -EINVAL, "\"length\" or \"hashes\" is missing");
	return 0;
}

static int read_list(struct metadata *m, struct fault *fault)
{
	const struct role_kind *kind = &role_kinds[m->role];
	const char *name;
	json_t *object;
	int r;

	if (!kind->list)
		return 0;
	r = json_need_object(m->body, kind->list, &m->list, fault);
	if (r == 0 && kind->must)
		r = json_need_object(m->list, kind->must, &object, fault);
	if (r < 0)
		return r;
	json_object_foreach(m->list, name, object) {
		r = check_mark(m, object, fault);
		if (r < 0) {
			fault_prefix(fault, "\"%.60s\"", name);
			return r;
		}
	}
	return 0;
}

int metadata_open(enum role role, const char *text, size_t len, const struct signers *signers,
		  struct metadata **ret, struct fault *fault)
{
	_drop_(drop_metadata) struct metadata *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return -ENOMEM;
	m->role = role;
	m->len = len;
	m->text = malloc(len + 1);
	if (!m->text)
		return -ENOMEM;
	memcpy(m->text, text, len);
	r = read_envelope(m, fault);
	if (r == 0 && signers)
		r = metadata_check(m, signers, NULL, fault);
	if (r == 0)
		r = read_head(m, fault);
	if (r == 0)
		r = read_list(m, fault);
	if (r == 0 && role == ROLE_TARGETS)
		r = delegations_read(m->body, &m->delegations, fault);
	if (r < 0)
		return r == -EINVAL || r == -EFBIG ? -EBADMSG : r;
	*ret = take(m);
	return 0;
}

struct metadata *metadata_free(struct metadata *m)
{
	if (m) {
		delegations_free(m->delegations);
		json_decref(m->file);
		free(m->text);
		free(m);
	}
	return NULL;
}

int metadata_mark(const struct metadata *m, const char *name, struct mark *ret)
{
	json_t *object = json_object_get(m->list, name);
	int r = object ? mark_parse(object, ret, NULL) : -ENOENT;

	return r == -ENOTSUP ? -EBADMSG : r;
}
