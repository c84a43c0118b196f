// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/publisher/needs.h"
#include "policy/publisher/release.h"

static json_t *names_of(const struct workshop *w, json_t *ids)
{
	json_t *names = json_array(), *id;
	char room[HAND_NAME];
	size_t i;

	json_array_foreach(ids, i, id)
		json_array_append_new(names,
				      json_string(hand_name(w->hand, json_string_value(id), room)));
	return names;
}

static int add_waiting(const struct workshop *w, const char *role, json_t *file, json_t *list,
		       struct fault *fault)
{
	json_t *body = json_object_get(file, "signed");
	struct needs needs = { 0 };
	int r;

	if (!w->root && strcmp(role, "root"))
		return 0; /* who is to sign it is not in force yet */
	r = needs_of(w, role, body, &needs, fault);
	for (size_t i = 0; r == 0 && i < needs.n; i++) {
		_drop_(drop_json) json_t *missing = NULL;
		const struct quorum *q = &needs.quorums[i];
		size_t have = 0;

		r = quorum_count(q, file, &have, &missing);
		if (r == 0 && have < (uint64_t)q->signers.threshold)
			json_array_append_new(list,
					      json_pack("{s:s, s:O, s:I, s:I, s:o}", "role", role,
							"version", json_object_get(body, "version"),
							"have", (json_int_t)have, "threshold",
							(json_int_t)q->signers.threshold, "missing",
							names_of(w, missing)));
	}
	needs_clear(&needs);
	return r;
}

int release_waiting(const struct workshop *w, json_t **ret, struct fault *fault)
{
	_drop_(drop_json) json_t *drafts = NULL, *list = json_array();
	int r = workshop_drafts(w, &drafts, fault);
	json_t *item;
	size_t i;

	json_array_foreach(drafts, i, item) {
		const char *role = json_string_value(item);
		_drop_(drop_json) json_t *file = NULL;

		if (r == 0)
			r = workshop_draft(w, role, &file, fault);
		if (r == 0 && !needs_left_over(w, role, file))
			r = add_waiting(w, role, file, list, fault);
	}
	if (r == 0)
		*ret = take(list);
	return r;
}

void release_tell(const struct workshop *w)
{
	_drop_(drop_json) json_t *list = NULL;
	json_t *item, *name;
	size_t i, k;

	release_waiting(w, &list, NULL);
	json_array_foreach(list, i, item) {
		fprintf(stderr,
			"draft/%s.json waits: version %" JSON_INTEGER_FORMAT
			" has %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
			" signatures; missing:",
			json_string_value(json_object_get(item, "role")),
			json_integer_value(json_object_get(item, "version")),
			json_integer_value(json_object_get(item, "have")),
			json_integer_value(json_object_get(item, "threshold")));
		json_array_foreach(json_object_get(item, "missing"), k, name)
			fprintf(stderr, "%s %s", k ? "," : "", json_string_value(name));
		fputc('\n', stderr);
	}
}
