// SPDX-License-Identifier: GPL-2.0-or-later
/* add-target and remove-target, in the role targets or in a delegated one. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/delegation.h"
#include "policy/publisher/lint.h"
#include "policy/publisher/quorum.h"
#include "policy/publisher/sign.h"
#include "policy/publisher/stock.h"
#include "policy/publisher/tool.h"

/* The role's delegator, if it is here, trusts it with some names only. */
static int check_name(const struct workshop *w, const char *role, const char *target,
		      struct fault *fault)
{
	_drop_(drop_delegations) struct delegations *all = NULL;
	_drop_(drop_json) json_t *by = NULL, *body = NULL;
	struct delegation one;
	struct quorum q;
	size_t at = 0;
	int r = quorum_find(w, role, &by, &q, fault);

	if (r < 0)
		return r;
	quorum_clear(&q);
	body = json_pack("{s:O}", "delegations", by);
	r = body ? delegations_read(body, &all, fault) : -ENOMEM;
	while (r == 0 && delegations_next(all, target, &at, &one) == 0)
		if (!strcmp(one.name, role))
			return 0;
	return fault_set(fault, r < 0 ? r : -EPERM, "%s may not vouch for %s", role, target);
}

/*
 * A delegated role's file goes to whoever publishes, and is signed into a snapshot there.  Its
 * own signers do no more than complete the draft.
 */
static int settle(struct workshop *w, const struct options *o, const char *role,
		  struct fault *fault)
{
	int r;

	if (!o->role)
		return release_run(w, o, fault);
	r = release_sign_draft(w, role, fault);
	if (r == 0)
		printf("the draft of %s has its signatures; with its targets, it goes to whoever "
		       "publishes, for `sign`\n",
		       role);
	return r;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int add_target(struct workshop *w, const struct options *o, const char *text, size_t len,
		      struct fault *fault)
{
	struct sign_item item = { o->as ? o->as : base_of(o->args[1]), text, len };
	const char *role = o->role ? o->role : "targets";
	int r = o->role ? check_name(w, role, item.name, fault) : 0;

	if (r == 0)
		r = sign_targets(w, role, &item, 1, o, fault);
	return r < 0 ? r : settle(w, o, role, fault);
}

int add_target_main(int argc, char **argv)
{
	struct workshop w = { .dir = -1 };
	struct fault fault = { 0 };
	_free_ char *text = NULL;
	struct options o;
	size_t len = 0;
	int r;

	if (options_read(argc, argv, "ekpar", 2, 2, &o) < 0)
		return tool_usage("add-target");
	/* What hosts would not take as their policy never gets its name. */
	if (!strcmp(o.as ? o.as : base_of(o.args[1]), SIGN_POLICY)) {
		if (lint_file(o.args[1], &text, &len) < 0)
			return 1;
	} else {
		r = io_read(AT_FDCWD, o.args[1], STOCK_TARGET_MAX, &text, &len);
		if (r < 0)
			return options_fail(o.args[1], r, &fault);
	}
	r = workshop_open(o.args[0], &o, WORKSHOP_WRITE, &w, &fault);
	if (r == 0)
		r = add_target(&w, &o, text, len, &fault);
	return sign_finish("not added", r, &w, &fault);
}

int remove_target_main(int argc, char **argv)
{
	struct workshop w = { .dir = -1 };
	struct fault fault = { 0 };
	const char *role;
	struct options o;
	int r;

	if (options_read(argc, argv, "ekpr", 2, 2, &o) < 0)
		return tool_usage("remove-target");
	role = o.role ? o.role : "targets";
	r = workshop_open(o.args[0], &o, WORKSHOP_WRITE, &w, &fault);
	if (r == 0)
		r = sign_remove(&w, role, o.args[1], &o, &fault);
	if (r == 0)
		r = settle(&w, &o, role, &fault);
	return sign_finish("not removed", r, &w, &fault);
}
