// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "policy/json.h"
#include "policy/keyring.h"

static const struct key *find(const struct keyring *ring, const char *id)
{
	for (size_t i = 0; i < ring->n; i++)
		if (!strcmp(key_id(ring->keys[i]), id))
			return ring->keys[i];
	return NULL;
}

int keyring_read(struct keyring *ring, json_t *keys, struct fault *fault)
{
	const char *id;
	json_t *object;

	if (json_object_size(keys) > ROLE_KEYS_MAX)
		return fault_set(fault, -EINVAL, "has more than %d keys", ROLE_KEYS_MAX);
	json_object_foreach(keys, id, object) {
		int r = key_parse(id, object, &ring->keys[ring->n], NULL);

		if (r == -ENOMEM)
			return r;
		if (r == 0)
			ring->n++;
	}
	return 0;
}

void keyring_clear(struct keyring *ring)
{
	for (size_t i = 0; i < ring->n; i++)
		key_free(ring->keys[i]);
	ring->n = 0;
}

int keyring_signers(const struct keyring *ring, json_t *role, struct signers *ret,
		    struct fault *fault)
{
	struct signers s = { .n = 0 };
	json_t *ids = NULL, *id;
	size_t i;
	int r;

	r = json_need_array(role, "keyids", &ids, fault);
	if (r == 0)
		r = json_need_number(role, "threshold", 1, INT32_MAX, &s.threshold, fault);
	if (r < 0)
		return r;
	if (json_array_size(ids) > ROLE_KEYS_MAX)
		return fault_set(fault, -EINVAL, "has more than %d keys", ROLE_KEYS_MAX);
	json_array_foreach(ids, i, id) {
		const struct key *k;

		if (!json_is_string(id))
			return fault_set(fault, -EINVAL, "\"keyids\" must be strings");
		k = find(ring, json_string_value(id));
		if (k)
			s.keys[s.n++] = k;
	}
	*ret = s;
	return 0;
}
