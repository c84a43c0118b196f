// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "policy/json.h"
#include "policy/mark.h"

static int parse_hashes(json_t *object, struct mark *m, struct fault *fault)
{
	size_t known = 0;
	json_t *hashes;
	const char *hex;
	int r;

	r = json_need_object(object, "hashes", &hashes, fault);
	for (size_t i = 0; r == 0 && i < DIGEST_COUNT; i++) {
		if (!json_object_get(hashes, digest_kinds[i].name))
			continue;
		r = json_need_text(hashes, digest_kinds[i].name, &hex, fault);
		if (r == 0 &&
		    digest_unhex(hex, m->digest[i], DIGEST_MAX) != (int)digest_kinds[i].len)
			r = fault_set(fault, -EINVAL, "\"%s\" is not such a hash in hex",
				      digest_kinds[i].name);
		m->has[i] = true;
		known++;
	}
	if (r == 0 && !known)
		return fault_set(fault, json_object_size(hashes) ? -ENOTSUP : -EINVAL,
				 "\"hashes\" has neither sha256 nor sha512");
	return r;
}

int mark_parse(json_t *object, struct mark *ret, struct fault *fault)
{
	struct mark m = { .len = -1 };
	int r = 0;

	if (!json_is_object(object))
		return fault_set(fault, -EINVAL, "not an object");
	if (json_object_get(object, "version"))
		r = json_need_number(object, "version", 1, MARK_VERSION_MAX, &m.version, fault);
	if (r == 0 && json_object_get(object, "length"))
		r = json_need_number(object, "length", 0, MARK_VERSION_MAX, &m.len, fault);
	if (r == 0 && json_object_get(object, "hashes"))
		r = parse_hashes(object, &m, fault);
	if (r == 0)
		*ret = m;
	return r;
}

int mark_check(const struct mark *m, const void *data, size_t len, struct fault *fault)
{
	uint8_t is[DIGEST_MAX];

	if (m->len >= 0 && (uint64_t)m->len != len)
		return fault_set(fault, -EBADMSG, "has %zu bytes instead of %" PRId64, len, m->len);
	for (int i = 0; i < DIGEST_COUNT; i++)
		if (m->has[i] && (digest_make(i, data, len, is) < 0 ||
				  memcmp(is, m->digest[i], digest_kinds[i].len) != 0))
			return fault_set(fault, -EBADMSG, "has another %s hash than it must have",
					 digest_kinds[i].name);
	return 0;
}
