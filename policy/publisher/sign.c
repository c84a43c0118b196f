// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/publisher/lint.h"
#include "policy/publisher/sign.h"
#include "policy/publisher/stock.h"
#include "policy/publisher/tool.h"

static int edit(struct workshop *w, const char *role, const struct options *o, json_t **file,
		json_t **targets, struct fault *fault)
{
	int64_t expires = io_now() + (int64_t)options_life(o, SIGN_LIFE);
	int r = workshop_edit(w, role, expires, file, fault);

	return r < 0 ? r
		     : json_need_object(json_object_get(*file, "signed"), "targets", targets,
					fault);
}

int sign_targets(struct workshop *w, const char *role, const struct sign_item *items, size_t n,
		 const struct options *o, struct fault *fault)
{
	_drop_(drop_json) json_t *file = NULL;
	json_t *targets;
	int r = edit(w, role, o, &file, &targets, fault);

	for (size_t i = 0; r == 0 && i < n; i++) {
		json_t *entry = NULL;

		r = stock_put(w->dir, items[i].name, items[i].text, items[i].len, &entry, fault);
		if (r == 0 && json_object_set_new(targets, items[i].name, entry) < 0)
			r = -ENOMEM;
	}
	return r < 0 ? r : workshop_put_draft(w, role, file, fault);
}

int sign_remove(struct workshop *w, const char *role, const char *name, const struct options *o,
		struct fault *fault)
{
	_drop_(drop_json) json_t *file = NULL;
	json_t *targets;
	int r = edit(w, role, o, &file, &targets, fault);

	if (r == 0 && json_object_del(targets, name) < 0)
		r = fault_set(fault, -ENOENT, "%s lists no target %s", role, name);
	return r < 0 ? r : workshop_put_draft(w, role, file, fault);
}

int sign_finish(const char *what, int err, struct workshop *w, struct fault *fault)
{
	if (err == -EINPROGRESS)
		release_tell(w);
	workshop_close(w);
	if (err < 0 && err != -EINPROGRESS)
		return options_fail(what, err, fault);
	return err < 0 ? EXIT_WAITS : 0;
}

static int sign(const struct options *o, const char *text, size_t len, struct workshop *w,
		struct fault *fault)
{
	const struct sign_item policy = { SIGN_POLICY, text, len };
	int64_t version = 0;
	int r = text ? sign_targets(w, "targets", &policy, 1, o, fault) : 0;

	if (r == 0)
		r = release_run(w, o, fault);
	if (r == 0)
		r = workshop_version(w->dir, "targets", &version, fault);
	if (r == 0 && !version)
		return fault_set(fault, -ENOENT,
				 "there is no policy yet; name one: sign DIR "
				 "POLICY.json");
	if (r == 0)
		printf("signed as version %" PRId64 "\n", version);
	return r;
}

int sign_main(int argc, char **argv)
{
	struct workshop w = { .dir = -1 };
	struct fault fault = { 0 };
	_free_ char *text = NULL;
	struct options o;
	size_t len = 0;
	int r;

	if (options_read(argc, argv, "ekp", 1, 2, &o) < 0)
		return tool_usage("sign");
	if (o.args[1] && lint_file(o.args[1], &text, &len) < 0)
		return 1;
	r = workshop_open(o.args[0], &o, WORKSHOP_WRITE, &w, &fault);
	if (r == 0)
		r = sign(&o, text, len, &w, &fault);
	return sign_finish("not signed", r, &w, &fault);
}
