// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "policy/publisher/quorum.h"
#include "policy/publisher/release.h"
#include "policy/publisher/tell.h"
#include "policy/publisher/tool.h"

struct view {
	const struct workshop *w;
	json_t *roles;
	struct fault *fault;
};

static json_t *keys_of(const struct workshop *w, json_t *holder, json_t *ids)
{
	json_t *list = json_array(), *id;
	char room[HAND_NAME];
	size_t i;

	json_array_foreach(ids, i, id) {
		const char *text = json_string_value(id);
		json_t *key = json_object_get(json_object_get(holder, "keys"), text);

		json_array_append_new(list, json_pack("{s:s, s:s, s:O?, s:b}", "id", text, "name",
						      hand_name(w->hand, text, room), "scheme",
						      json_object_get(key, "scheme"), "here",
						      hand_has(w->hand, text)));
	}
	return list;
}

/* What the newest file of the role says; nothing when there is none yet. */
static void add_newest(struct view *v, const char *role, const struct quorum *q, json_t *object)
{
	_drop_(drop_json) json_t *file = NULL;
	json_t *body, *target, *names;
	const char *name;
	size_t have = 0;

	if (workshop_newest(v->w, role, &file, NULL, NULL, v->fault) < 0)
		return;
	body = json_object_get(file, "signed");
	json_object_set(object, "version", json_object_get(body, "version"));
	json_object_set(object, "expires", json_object_get(body, "expires"));
	quorum_count(q, file, &have, NULL);
	json_object_set_new(object, "signed", json_boolean(have >= (size_t)q->signers.threshold));
	if (draft_kind(role) != ROLE_TARGETS)
		return;
	names = json_array();
	json_object_foreach(json_object_get(body, "targets"), name, target)
		json_array_append_new(names, json_string(name));
	json_object_set_new(object, "targets", names);
}

static int add_role(struct view *v, const char *role, const char *delegator, json_t *holder)
{
	struct quorum q;
	json_t *object;
	int r = quorum_of(holder, role, &q, v->fault);

	if (r < 0)
		return r;
	object = json_pack("{s:s, s:s?, s:I, s:o}", "role", role, "delegated_by", delegator,
			   "threshold", (json_int_t)q.signers.threshold, "keys",
			   keys_of(v->w, holder, q.ids));
	add_newest(v, role, &q, object);
	quorum_clear(&q);
	return json_array_append_new(v->roles, object) < 0 ? -ENOMEM : 0;
}

static int add_delegated(void *ctx, const char *role, const char *delegator, json_t *delegations)
{
	return add_role(ctx, role, delegator, delegations);
}

static int view_all(const struct workshop *w, json_t **ret, struct fault *fault)
{
	_drop_(drop_json) json_t *roles = json_array(), *waiting = NULL;
	struct view v = { w, roles, fault };
	int r = release_waiting(w, &waiting, fault);

	for (int role = 0; r == 0 && w->root && role < ROLE_COUNT; role++)
		r = add_role(&v, role_kinds[role].name, NULL, w->root);
	if (r == 0)
		r = quorum_each(w, add_delegated, &v, fault);
	if (r < 0)
		return r;
	*ret = json_pack("{s:O, s:O}", "roles", roles, "waiting", waiting);
	return *ret ? 0 : -ENOMEM;
}

static const char *text_of(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "-";
}

static void print_role(json_t *role)
{
	json_t *version = json_object_get(role, "version"), *item;
	size_t i;

	tell_plain(text_of(role, "role"), stdout);
	fputs(": ", stdout);
	if (version)
		printf("version %" JSON_INTEGER_FORMAT ", expires %s%s\n",
		       json_integer_value(version), text_of(role, "expires"),
		       json_is_true(json_object_get(role, "signed"))
			       ? ""
			       : ", NOT signed by those who may sign it now");
	else
		puts("nothing signed yet");
	printf("  %" JSON_INTEGER_FORMAT " of:\n",
	       json_integer_value(json_object_get(role, "threshold")));
	json_array_foreach(json_object_get(role, "keys"), i, item)
		printf("    %-16s %.12s  %s%s\n", text_of(item, "name"), text_of(item, "id"),
		       text_of(item, "scheme"),
		       json_is_true(json_object_get(item, "here")) ? ", here" : "");
	json_array_foreach(json_object_get(role, "targets"), i, item) {
		fputs("  target ", stdout);
		tell_plain(json_string_value(item), stdout);
		putchar('\n');
	}
}

static int show(const struct options *o, const struct workshop *w, struct fault *fault)
{
	_drop_(drop_json) json_t *view = NULL;
	json_t *role;
	size_t i;
	int r = view_all(w, &view, fault);

	if (r < 0)
		return r;
	if (o->json) {
		json_dumpf(view, stdout, JSON_COMPACT);
		putchar('\n');
		return 0;
	}
	json_array_foreach(json_object_get(view, "roles"), i, role)
		print_role(role);
	fflush(stdout);
	release_tell(w);
	return 0;
}

static int show_file(const struct options *o, struct fault *fault)
{
	_drop_(drop_json) json_t *file = NULL;
	int r = tell_read(o->args[0], &file, fault);

	if (r < 0)
		return r;
	if (o->json) {
		json_dumpf(json_object_get(file, "signed"), stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		tell_file(json_object_get(file, "signed"), stdout);
	}
	return 0;
}

int show_main(int argc, char **argv)
{
	struct workshop w = { .dir = -1 };
	struct fault fault = { 0 };
	struct options o;
	struct stat st;
	int r;

	if (options_read(argc, argv, "j", 1, 1, &o) < 0)
		return tool_usage("show");
	if (stat(o.args[0], &st) == 0 && S_ISREG(st.st_mode)) {
		r = show_file(&o, &fault);
		return r < 0 ? options_fail("not shown", r, &fault) : 0;
	}
	r = workshop_open(o.args[0], &o, WORKSHOP_READ, &w, &fault);
	if (r == 0)
		r = show(&o, &w, &fault);
	workshop_close(&w);
	return r < 0 ? options_fail("not shown", r, &fault) : 0;
}
