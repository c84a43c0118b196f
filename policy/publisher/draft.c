// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/names.h"
#include "policy/publisher/draft.h"
#include "policy/stamp.h"

void draft_name(enum role role, int64_t version, char name[DRAFT_NAME_MAX])
{
	path_of_role(role_kinds[role].name, role == ROLE_TIMESTAMP ? 0 : version, name);
}

enum role draft_kind(const char *role)
{
	for (int kind = 0; kind < ROLE_COUNT; kind++)
		if (!strcmp(role_kinds[kind].name, role))
			return (enum role)kind;
	return ROLE_TARGETS;
}

int draft_new(enum role role, int64_t version, int64_t expires, json_t **ret, struct fault *fault)
{
	char stamp[STAMP_TEXT];
	json_t *body;

	if (stamp_write(expires, stamp) < 0)
		return fault_set(fault, -ERANGE, "expires too far away");
	body = json_pack("{s:s, s:s, s:I, s:s}", "_type", role_kinds[role].name, "spec_version",
			 DRAFT_SPEC, "version", (json_int_t)version, "expires", stamp);
	if (!body)
		return -ENOMEM;
	*ret = body;
	return 0;
}

int draft_renew(json_t *body, enum role role, int64_t version, int64_t expires, struct fault *fault)
{
	_drop_(drop_json) json_t *head = NULL;
	int r = draft_new(role, version, expires, &head, fault);

	return r == 0 && json_object_update(body, head) < 0 ? -ENOMEM : r;
}

int draft_mark(const void *data, size_t len, int64_t version, json_t **ret)
{
	char hash[DIGEST_TEXT];
	json_t *mark;
	int r;

	r = digest_make_text(DIGEST_SHA256, data, len, hash);
	if (r < 0)
		return r;
	mark = json_pack("{s:I, s:{s:s}}", "length", (json_int_t)len, "hashes", "sha256", hash);
	if (!mark || (version && json_object_set_new(mark, "version", json_integer(version)) < 0)) {
		json_decref(mark);
		return -ENOMEM;
	}
	*ret = mark;
	return 0;
}
