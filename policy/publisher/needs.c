// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/publisher/needs.h"

void needs_clear(struct needs *n)
{
	for (size_t i = 0; i < n->n; i++)
		quorum_clear(&n->quorums[i]);
	json_decref(n->by);
}

static json_t *role_of_root(json_t *body)
{
	return json_object_get(json_object_get(body, "roles"), "root");
}

static int needs_of_root(const struct workshop *w, json_t *body, struct needs *n,
			 struct fault *fault)
{
	json_t *holders[NEEDS_QUORUMS] = { w->root, body };
	int r = 0;

	/* Where the role is as it was, they are one. */
	if (json_equal(role_of_root(w->root), role_of_root(body)))
		holders[0] = NULL;
	for (size_t i = 0; r == 0 && i < NEEDS_QUORUMS; i++) {
		if (!holders[i])
			continue;
		r = quorum_of(holders[i], "root", &n->quorums[n->n], fault);
		if (r == -ENOENT)
			fault_set(fault, r, "the root names no keys for itself");
		n->n += r == 0;
	}
	return r;
}

int needs_of(const struct workshop *w, const char *role, json_t *body, struct needs *n,
	     struct fault *fault)
{
	int r;

	*n = (struct needs){ 0 };
	if (!strcmp(role, "root"))
		return needs_of_root(w, body, n, fault);
	r = quorum_find(w, role, &n->by, &n->quorums[0], fault);
	n->n = r == 0;
	return r;
}

bool needs_quorum(const struct quorum *q, json_t *file)
{
	size_t have = 0;

	return quorum_count(q, file, &have, NULL) == 0 && have >= (uint64_t)q->signers.threshold;
}

bool needs_met(const struct needs *n, json_t *file)
{
	for (size_t i = 0; i < n->n; i++)
		if (!needs_quorum(&n->quorums[i], file))
			return false;
	return true;
}

bool needs_left_over(const struct workshop *w, const char *role, json_t *file)
{
	_drop_(drop_json) json_t *newest = NULL;

	return workshop_newest(w, role, &newest, NULL, NULL, NULL) == 0 &&
	       json_equal(json_object_get(newest, "signed"), json_object_get(file, "signed"));
}
