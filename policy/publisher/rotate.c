// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/publisher/release.h"
#include "policy/publisher/ring.h"
#include "policy/publisher/tool.h"

static int find_role(const char *name, enum role *ret, struct fault *fault)
{
	enum role kind = draft_kind(name);

	if (strcmp(role_kinds[kind].name, name))
		return fault_set(fault, -EINVAL,
				 "%s is no role; there are root, timestamp, snapshot, targets",
				 name);
	*ret = kind;
	return 0;
}

static int renew(struct workshop *w, struct ring *ring, const struct options *o, const char *name,
		 json_t *root, struct fault *fault)
{
	json_t *was = json_object_get(json_object_get(root, "roles"), name);
	unsigned threshold = o->threshold;
	enum role role = ROLE_ROOT;
	int r = find_role(name, &role, fault);

	if (r < 0)
		return r;
	if (!threshold)
		threshold = (unsigned)json_integer_value(json_object_get(was, "threshold"));
	return ring_renew(ring, o, w->hand, role, threshold, root, fault);
}

/* The draft alone is what changes: keys and next root are there together, or neither is. */
static int draft_root(struct workshop *w, const struct options *o, struct ring *ring,
		      struct fault *fault)
{
	int64_t expires = io_now() + (int64_t)options_life(o, ROOT_LIFE);
	_drop_(drop_json) json_t *file = NULL, *pending = NULL;
	int r = workshop_draft(w, "root", &pending, fault);

	if (r == 0)
		return fault_set(fault, -EBUSY, "draft/root.json waits already; sign or remove it");
	if (r == -ENOENT)
		r = workshop_edit(w, "root", expires, &file, fault);
	for (char **name = o->args + 1; r == 0 && *name; name++)
		r = renew(w, ring, o, *name, json_object_get(file, "signed"), fault);
	if (r == 0)
		r = ring_store(ring, o, w, fault);
	if (r < 0)
		return r;
	r = workshop_put_draft(w, "root", file, fault);
	if (r < 0)
		ring_undo(ring, w->dir);
	return r;
}

int rotate_main(int argc, char **argv)
{
	struct workshop w = { .dir = -1 };
	struct ring ring = { .n = 0 };
	struct fault fault = { 0 };
	int64_t version = 0;
	struct options o;
	int r;

	if (options_read(argc, argv, "tekpnuK", 1, 1 + ROLE_COUNT, &o) < 0)
		return tool_usage("rotate");
	r = workshop_open(o.args[0], &o, WORKSHOP_WRITE, &w, &fault);
	for (char **name = o.args + 1; r == 0 && *name; name++)
		r = find_role(*name, &(enum role){ 0 }, &fault);
	if (r == 0)
		r = ring_check(&o, o.args + 1, &fault);
	if (r == 0)
		r = draft_root(&w, &o, &ring, &fault);
	if (r == 0)
		r = release_run(&w, &o, &fault);
	if (r == -EINPROGRESS)
		release_tell(&w);
	else if (r == 0)
		r = workshop_version(w.dir, "root", &version, &fault);
	ring_clear(&ring);
	workshop_close(&w);
	if (r < 0 && r != -EINPROGRESS)
		return options_fail("not rotated", r, &fault);
	if (r == 0)
		printf("root version %" PRId64 " is signed, and what follows from it\n", version);
	return r < 0 ? EXIT_WAITS : 0;
}
