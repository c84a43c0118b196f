// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "policy/names.h"
#include "policy/publisher/outlet.h"
#include "policy/publisher/quorum.h"
#include "policy/publisher/release.h"
#include "policy/publisher/sign.h"
#include "policy/publisher/stock.h"
#include "policy/publisher/tool.h"
#include "policy/publisher/trial.h"
#include "policy/stamp.h"

/*
 * Whatever names another file goes out after it: a client between any two steps finds all
 * that is named to it.  Root comes before what new keys signed is announced.  Only what the
 * timestamp leads to goes out, and nothing that is out there is removed: a host may be
 * half through what was published before.
 */
#define SOON (7 * 86400) /* half of a timestamp's life: what a timer renews is never so near */

enum step { STEP_TARGETS, STEP_ROLES, STEP_SNAPSHOT, STEP_ROOTS, STEP_TIMESTAMP, STEPS };

struct plan {
	json_t *paths[STEPS]; /* arrays */
	json_t *targets;      /* their names */
	json_t *roles;	      /* targets, and who is delegated to today, as "NAME.json": true */
};

static void drop_plan(struct plan *p)
{
	for (int i = 0; i < STEPS; i++)
		json_decref(p->paths[i]);
	json_decref(p->targets);
	json_decref(p->roles);
}

static int add(struct plan *p, enum step step, const char *path)
{
	return json_array_append_new(p->paths[step], json_string(path)) < 0 ? -ENOMEM : 0;
}

static int read_body(int dir, const char *path, json_t **file, json_t **body, struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(dir, path, JSON_TEXT_BYTES, &text, &len);

	if (r == 0)
		r = json_read(text, len, file, fault);
	if (r == 0)
		r = json_need_object(*file, "signed", body, fault);
	if (r < 0) {
		fault_set(fault, r, "%s", strerror(-r));
		fault_prefix(fault, "%s", path);
	}
	return r;
}

static int plan_target(struct plan *p, const char *name, json_t *entry, struct fault *fault)
{
	char path[NAME_ROOM];
	struct mark mark;
	int r = stock_fits(name) ? mark_parse(entry, &mark, fault) : -EINVAL;

	if (r < 0)
		return fault_set(fault, r, "target %.60s: no name for one", name);
	path_of_target(name, &mark, path);
	if (json_array_append_new(p->targets, json_string(name)) < 0)
		return -ENOMEM;
	return add(p, STEP_TARGETS, path);
}

/* A targets role's file, as snapshot names it, and the targets in it. */
static int plan_role(struct plan *p, int dir, const char *name, json_t *mark, struct fault *fault)
{
	int64_t version = json_integer_value(json_object_get(mark, "version"));
	int len = (int)(strlen(name) - strlen(".json"));
	_drop_(drop_json) json_t *file = NULL;
	char role[ROLE_NAME_ROOM], path[NAME_ROOM];
	const char *target;
	json_t *body, *entry;
	int r;

	snprintf(role, sizeof(role), "%.*s", len, name);
	path_of_role(role, version, path);
	r = read_body(dir, path, &file, &body, fault);
	if (r == 0)
		r = add(p, STEP_ROLES, path);
	if (r < 0)
		return r;
	json_object_foreach(json_object_get(body, "targets"), target, entry) {
		r = plan_target(p, target, entry, fault);
		if (r < 0)
			return r;
	}
	return 0;
}

static int plan_snapshot(struct plan *p, int dir, int64_t version, struct fault *fault)
{
	_drop_(drop_json) json_t *file = NULL;
	char path[NAME_ROOM];
	const char *name;
	json_t *body, *mark;
	int r;

	path_of_role("snapshot", version, path);
	r = read_body(dir, path, &file, &body, fault);
	if (r == 0)
		r = add(p, STEP_SNAPSHOT, path);
	if (r < 0)
		return r;
	json_object_foreach(json_object_get(body, "meta"), name, mark) {
		if (!json_object_get(p->roles, name))
			continue; /* listed for good, and asked for by nobody any more */
		r = plan_role(p, dir, name, mark, fault);
		if (r < 0)
			return r;
	}
	return 0;
}

struct survey {
	const struct workshop *w;
	struct plan *plan;
};

/* Whose keys were replaced must not keep all else from being published. */
static int add_role(void *ctx, const char *role, const char *delegator, json_t *delegations)
{
	_drop_(drop_json) json_t *file = NULL;
	struct survey *s = ctx;
	char name[ROLE_NAME_ROOM + 8];
	struct quorum q;
	size_t have = 0;
	int r = workshop_newest(s->w, role, &file, NULL, NULL, NULL);

	(void)delegator;
	snprintf(name, sizeof(name), "%s.json", role);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	r = quorum_of(delegations, role, &q, NULL);
	if (r < 0)
		return r;
	r = quorum_count(&q, file, &have, NULL);
	if (r == 0 && have < (uint64_t)q.signers.threshold)
		fprintf(stderr,
			"note: %s is not signed by those who may sign it now; hosts will not take "
			"its targets until it is\n",
			role);
	else if (r == 0)
		json_object_set_new(s->plan->roles, name, json_true());
	quorum_clear(&q);
	return r;
}

static int make_plan(const struct workshop *w, struct plan *p, struct fault *fault)
{
	_drop_(drop_json) json_t *file = NULL;
	json_t *body, *mark;
	int64_t last;
	int r = workshop_version(w->dir, "root", &last, fault);

	p->targets = json_array();
	p->roles = json_pack("{s:b}", "targets.json", 1);
	for (int i = 0; i < STEPS; i++)
		p->paths[i] = json_array();
	for (int64_t n = 1; r == 0 && n <= last; n++) {
		char path[NAME_ROOM];

		path_of_role("root", n, path);
		if (faccessat(w->dir, path, F_OK, 0) == 0) /* old ones may have been put away */
			r = add(p, STEP_ROOTS, path);
	}
	if (r == 0)
		r = quorum_each(w, add_role, &(struct survey){ w, p }, fault);
	if (r == 0)
		r = read_body(w->dir, "metadata/timestamp.json", &file, &body, fault);
	if (r == 0)
		r = add(p, STEP_TIMESTAMP, "metadata/timestamp.json");
	if (r < 0)
		return r;
	mark = json_object_get(json_object_get(body, "meta"), "snapshot.json");
	return plan_snapshot(p, w->dir, json_integer_value(json_object_get(mark, "version")),
			     fault);
}

/* As a host sees it, but for the time: what has expired does no harm to publish. */
static int try_it(const struct workshop *w, const struct plan *p, struct fault *fault)
{
	int dir = w->dir;
	struct trial trial = { .fetch = trial_fetch_folder, .ctx = &dir, .targets = p->targets };
	struct trial_result result = { 0 };
	char at[STAMP_TEXT];
	int r = trial_root(&trial, NULL, fault);

	if (r == 0)
		r = trial_run(&trial, false, &result, fault);
	trial_clear(&trial);
	if (r < 0 || stamp_write(result.expires, at) < 0)
		return r;
	if (result.expires <= io_now())
		fprintf(stderr, "note: expired at %s; hosts will refuse it\n", at);
	else if (result.expires < io_now() + SOON)
		fprintf(stderr,
			"note: valid until %s only; `show` says which role is to be signed "
			"anew\n",
			at);
	return 0;
}

static int copy(int from, int to, const char *path, struct fault *fault)
{
	_free_ char *text = NULL, *was = NULL;
	size_t len, was_len;
	int r = io_read(from, path, STOCK_TARGET_MAX, &text, &len);

	if (r < 0)
		return fault_set(fault, r, "%s: %s", path, strerror(-r));
	if (io_read(to, path, len, &was, &was_len) == 0 && was_len == len &&
	    !memcmp(was, text, len))
		return 0;
	r = workshop_make_folders(to, path, fault);
	if (r == 0)
		r = io_replace(to, path, text, len, 0644);
	return r < 0 ? fault_set(fault, r, "writing %s: %s", path, strerror(-r)) : 0;
}

static int copy_all(int from, int to, const struct plan *p, struct fault *fault)
{
	json_t *path;
	size_t i;

	for (int step = 0; step < STEPS; step++)
		json_array_foreach(p->paths[step], i, path) {
			int r = copy(from, to, json_string_value(path), fault);

			if (r < 0)
				return r;
		}
	return 0;
}

/* -EINPROGRESS when drafts wait. */
static int check_drafts(const struct workshop *w, bool leave, struct fault *fault)
{
	_drop_(drop_json) json_t *waiting = NULL, *drafts = NULL;
	int r = leave ? 0 : release_waiting(w, &waiting, fault);

	if (r == 0 && !leave)
		r = workshop_drafts(w, &drafts, fault);
	if (r == 0 && json_array_size(waiting))
		return -EINPROGRESS;
	if (r == 0 && json_array_size(drafts))
		return fault_set(fault, -EBUSY,
				 "a draft has all its signatures; `sign` takes it in");
	return r;
}

static void note_no_policy(const struct plan *p)
{
	json_t *name;
	size_t i;

	json_array_foreach(p->targets, i, name) {
		if (!strcmp(json_string_value(name), SIGN_POLICY))
			return;
	}
	fputs("note: there is no " SIGN_POLICY
	      " in it; hosts will keep the policy they have, if any\n",
	      stderr);
}

/* Before the first file goes out. */
static int check_outlet(const struct workshop *w, int to, const struct plan *p, struct fault *fault)
{
	static const enum step versioned[] = { STEP_ROOTS, STEP_SNAPSHOT, STEP_ROLES };
	json_t *path;
	size_t i;

	for (size_t k = 0; k < COUNT(versioned); k++)
		json_array_foreach(p->paths[versioned[k]], i, path) {
			int r = outlet_check(w, to, json_string_value(path), fault);

			if (r < 0)
				return r;
		}
	return outlet_check_timestamp(w, to, fault);
}

static int publish(const struct workshop *w, const struct options *o, struct fault *fault)
{
	_drop_(drop_plan) struct plan plan = { 0 };
	_close_ int to = -1;
	int r = check_drafts(w, o->leave, fault);

	if (r == 0 && faccessat(w->dir, "metadata/timestamp.json", F_OK, 0) < 0)
		r = fault_set(fault, -ENOENT, "%s: nothing is signed yet", o->args[0]);
	if (r == 0)
		r = make_plan(w, &plan, fault);
	if (r == 0)
		r = try_it(w, &plan, fault);
	if (r < 0)
		return r;
	umask(022); /* whoever publishes, a web server reads it */
	r = outlet_open(w, o->args[0], o->args[1], &to, fault);
	if (r == 0)
		r = check_outlet(w, to, &plan, fault);
	if (r < 0)
		return r;
	note_no_policy(&plan);
	return copy_all(w->dir, to, &plan, fault);
}

int publish_main(int argc, char **argv)
{
	struct workshop w = { .dir = -1 };
	struct fault fault = { 0 };
	struct options o;
	int r;

	if (options_read(argc, argv, "l", 2, 2, &o) < 0)
		return tool_usage("publish");
	r = workshop_open(o.args[0], &o, WORKSHOP_COPY, &w, &fault);
	if (r == 0)
		r = publish(&w, &o, &fault);
	if (r == -EINPROGRESS) {
		fputs("not published:\n", stderr);
		release_tell(&w);
	}
	workshop_close(&w);
	if (r == -EINPROGRESS)
		return EXIT_WAITS;
	return r < 0 ? options_fail("not published", r, &fault) : 0;
}
