// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/names.h"
#include "policy/publisher/needs.h"
#include "policy/publisher/release.h"
#include "policy/publisher/stock.h"
#include "policy/root.h"

/* Signatures that no quorum counts stay behind: others' keys, and ones over earlier words. */
static void drop_strangers(const struct needs *n, json_t *file)
{
	json_t *signatures = json_object_get(file, "signatures");

	for (size_t k = json_array_size(signatures); k-- > 0;) {
		_drop_(drop_json) json_t *alone = json_pack("{s:[O], s:O}", "signatures",
							    json_array_get(signatures, k), "signed",
							    json_object_get(file, "signed"));
		size_t counts = 0;

		for (size_t i = 0; i < n->n && !counts; i++)
			quorum_count(&n->quorums[i], alone, &counts, NULL);
		if (!counts)
			json_array_remove(signatures, k);
	}
}

/* Adds what the keys at hand can add.  *added: the draft is another one now. */
static int add_signatures(struct workshop *w, const struct needs *n, json_t *file, bool *added,
			  struct fault *fault)
{
	json_t *signatures = json_object_get(file, "signatures");
	json_t *body = json_object_get(file, "signed");
	int r = 0;

	*added = false;
	drop_strangers(n, file);
	for (size_t i = 0; r == 0 && i < n->n; i++) {
		size_t more = 0;

		/* A thing once signed by enough is not signed by all the rest as well. */
		if (needs_quorum(&n->quorums[i], file))
			continue;
		r = hand_sign(w->hand, n->quorums[i].ids, body, signatures, &more, fault);
		*added |= more > 0;
	}
	return r;
}

/* As a host would read it: nothing moves that this project's own client refuses. */
static int check_as_client(const struct workshop *w, const char *role, const struct needs *n,
			   const char *text, size_t len, struct fault *fault)
{
	_drop_(drop_metadata) struct metadata *m = NULL;
	_drop_(drop_root) struct root *before = NULL, *root = NULL;
	_free_ char *was = NULL;
	size_t was_len;
	int r = 0;

	if (strcmp(role, "root"))
		return metadata_open(draft_kind(role), text, len, &n->quorums[0].signers, &m,
				     fault);
	if (w->root) {
		r = workshop_dump(w->root_file, &was, &was_len);
		if (r == 0)
			r = root_open(was, was_len, NULL, &before, fault);
	}
	return r < 0 ? r : root_open(text, len, before, &root, fault);
}

static int check_version(const struct workshop *w, const char *role, json_t *file, int64_t *version,
			 struct fault *fault)
{
	int64_t newest = 0;
	int r = workshop_version(w->dir, role, &newest, fault);

	if (r == 0)
		r = json_need_number(json_object_get(file, "signed"), "version", 1,
				     MARK_VERSION_MAX, version, fault);
	if (r == 0 && *version != newest + 1)
		r = fault_set(fault, -ESTALE,
			      "is version %" PRId64 ", and the next is %" PRId64
			      "; remove it and make it anew",
			      *version, newest + 1);
	return r;
}

/* Out of draft/, into metadata/.  A crash in between leaves a draft of a version there is. */
static int promote(struct workshop *w, const char *role, const struct needs *n, json_t *file,
		   struct fault *fault)
{
	_free_ char *text = NULL;
	char path[DRAFT_NAME_MAX];
	int64_t version = 0;
	size_t len;
	int r = check_version(w, role, file, &version, fault);

	if (r == 0)
		r = workshop_dump(file, &text, &len);
	if (r == 0)
		r = check_as_client(w, role, n, text, len, fault);
	if (r == 0 && draft_kind(role) == ROLE_TARGETS)
		r = stock_check(w->dir, json_object_get(file, "signed"), fault);
	if (r < 0)
		return r;
	path_of_role(role, strcmp(role, "timestamp") ? version : 0, path);
	r = io_replace(w->dir, path, text, len, 0644);
	if (r < 0)
		return fault_set(fault, r, "%s: %s", path, strerror(-r));
	workshop_drop_draft(w, role);
	return strcmp(role, "root") ? 0 : workshop_reload(w, fault);
}

static int sign_draft(struct workshop *w, const char *role, bool may_promote, struct fault *fault)
{
	_drop_(drop_json) json_t *file = NULL;
	struct needs needs = { 0 };
	bool added = false;
	int r = workshop_draft(w, role, &file, fault);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (needs_left_over(w, role, file)) {
		workshop_drop_draft(w, role);
		return 0;
	}
	r = needs_of(w, role, json_object_get(file, "signed"), &needs, fault);
	if (r == 0)
		r = add_signatures(w, &needs, file, &added, fault);
	if (r == 0 && added)
		r = workshop_put_draft(w, role, file, fault);
	if (r == 0 && !needs_met(&needs, file))
		r = -EINPROGRESS;
	else if (r == 0 && may_promote)
		r = promote(w, role, &needs, file, fault);
	needs_clear(&needs);
	if (r < 0 && r != -EINPROGRESS)
		fault_prefix(fault, "draft of %s", role);
	return r;
}

int release_sign_draft(struct workshop *w, const char *role, struct fault *fault)
{
	return sign_draft(w, role, false, fault);
}

static uint64_t life_of(const struct options *o, enum role role)
{
	return options_life(o, role == ROLE_TIMESTAMP ? TIMESTAMP_LIFE : SIGN_LIFE);
}

/* Drafts the next version with other entries, or the same ones: then only keys or time change. */
static int draft_list(struct workshop *w, const struct options *o, enum role role, json_t *list,
		      struct fault *fault)
{
	const char *name = role_kinds[role].name;
	_drop_(drop_json) json_t *file = NULL;
	int r = workshop_edit(w, name, io_now() + (int64_t)life_of(o, role), &file, fault);

	if (r == 0 && list &&
	    json_object_set(json_object_get(file, "signed"), role_kinds[role].list, list) < 0)
		r = -ENOMEM;
	return r < 0 ? r : workshop_put_draft(w, name, file, fault);
}

/* Is the newest of a role signed by whom root names today, and does its list say this? */
static bool stands(const struct workshop *w, enum role role, json_t *list)
{
	const char *name = role_kinds[role].name;
	_drop_(drop_json) json_t *file = NULL;
	struct needs needs = { 0 };
	bool stands;

	if (workshop_newest(w, name, &file, NULL, NULL, NULL) < 0)
		return false;
	stands = needs_of(w, name, NULL, &needs, NULL) == 0 && needs_met(&needs, file) &&
		 (!list || json_equal(list, json_object_get(json_object_get(file, "signed"),
							    role_kinds[role].list)));
	needs_clear(&needs);
	return stands;
}

static int mark_role(const struct workshop *w, const char *role, json_t *list, struct fault *fault)
{
	_drop_(drop_json) json_t *file = NULL, *mark = NULL;
	_free_ char *text = NULL, *name = NULL;
	int64_t version = 0;
	size_t len;
	int r = workshop_newest(w, role, &file, &text, &len, fault);

	if (r < 0)
		return r;
	r = workshop_version(w->dir, role, &version, fault);
	if (r == 0)
		r = draft_mark(text, len, version, &mark);
	if (r == 0 && asprintf(&name, "%s.json", role) < 0) {
		name = NULL;
		r = -ENOMEM;
	}
	return r == 0 && json_object_set(list, name, mark) < 0 ? -ENOMEM : r;
}

static int mark_delegated(void *ctx, const char *role, const char *delegator, json_t *delegations)
{
	void **of = ctx;
	int r = mark_role(of[0], role, of[1], of[2]);

	(void)delegator, (void)delegations;
	return r == -ENOENT ? 0 : r; /* its team has signed nothing yet */
}

/* What snapshot must list.  What it ever listed stays in it (section 5.5.5). */
static int list_all(struct workshop *w, json_t **ret, struct fault *fault)
{
	_drop_(drop_json) json_t *was = NULL, *list = json_object();
	void *of[] = { w, list, fault };
	int r = workshop_newest(w, "snapshot", &was, NULL, NULL, fault);

	if (r < 0 && r != -ENOENT)
		return r;
	json_object_update(list, json_object_get(json_object_get(was, "signed"), "meta"));
	r = mark_role(w, "targets", list, fault);
	if (r == 0)
		r = quorum_each(w, mark_delegated, of, fault);
	if (r == 0)
		*ret = take(list);
	return r;
}

static int follow(struct workshop *w, const struct options *o, enum role role, json_t *list,
		  struct fault *fault)
{
	int r = stands(w, role, list) ? 0 : draft_list(w, o, role, list, fault);

	return r < 0 ? r : sign_draft(w, role_kinds[role].name, true, fault);
}

static int follow_snapshot(struct workshop *w, const struct options *o, struct fault *fault)
{
	_drop_(drop_json) json_t *list = NULL;
	int r = list_all(w, &list, fault);

	return r < 0 ? r : follow(w, o, ROLE_SNAPSHOT, list, fault);
}

static int follow_timestamp(struct workshop *w, const struct options *o, bool anew,
			    struct fault *fault)
{
	_drop_(drop_json) json_t *list = json_object();
	int r = mark_role(w, "snapshot", list, fault);

	if (r == 0 && anew)
		r = draft_list(w, o, ROLE_TIMESTAMP, list, fault);
	return r < 0 ? r : follow(w, o, ROLE_TIMESTAMP, list, fault);
}

int release_timestamp(struct workshop *w, const struct options *o, struct fault *fault)
{
	int r = w->root ? follow_timestamp(w, o, true, fault) : -ENOENT;

	return r == -ENOENT ? fault_set(fault, r, "no snapshot yet; sign a policy first") : r;
}

/* -ENODATA: there are none yet, which is no failure. */
static int follow_targets(struct workshop *w, const struct options *o, struct fault *fault)
{
	_drop_(drop_json) json_t *file = NULL;
	int r = workshop_draft(w, "targets", &file, fault);

	if (r == 0)
		return sign_draft(w, "targets", true, fault);
	if (r == -ENOENT) {
		r = workshop_newest(w, "targets", &file, NULL, NULL, fault);
		r = r == -ENOENT ? -ENODATA : r;
	}
	return r < 0 ? r : follow(w, o, ROLE_TARGETS, NULL, fault);
}

static int release_delegated(struct workshop *w, struct fault *fault)
{
	_drop_(drop_json) json_t *drafts = NULL;
	int r = workshop_drafts(w, &drafts, fault);
	bool waits = false;
	json_t *item;
	size_t i;

	json_array_foreach(drafts, i, item) {
		const char *role = json_string_value(item);

		if (r < 0 || !strcmp(role, role_kinds[draft_kind(role)].name))
			continue;
		r = sign_draft(w, role, true, fault);
		waits |= r == -EINPROGRESS;
		r = r == -EINPROGRESS ? 0 : r;
	}
	return r == 0 && waits ? -EINPROGRESS : r;
}

int release_run(struct workshop *w, const struct options *o, struct fault *fault)
{
	int root = sign_draft(w, "root", true, fault), delegated, r;

	/* What the root in force can have signed does not wait for the next. */
	if (root < 0 && (root != -EINPROGRESS || !w->root))
		return root;
	r = follow_targets(w, o, fault);
	if (r < 0)
		return r == -ENODATA ? root : r;
	delegated = release_delegated(w, fault);
	if (delegated < 0 && delegated != -EINPROGRESS)
		return delegated;
	r = follow_snapshot(w, o, fault);
	if (r == 0)
		r = follow_timestamp(w, o, false, fault);
	return r < 0 ? r : root < 0 ? root : delegated;
}
