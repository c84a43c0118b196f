// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/io.h"
#include "agent/base/span.h"
#include "policy/publisher/draft.h"
#include "policy/publisher/ring.h"
#include "policy/publisher/tool.h"

struct plan {
	unsigned threshold; /* 0: as it was */
	uint64_t life;
};

static int read_options(int argc, char **argv, struct plan *plan)
{
	static const struct option options[] = {
		{ "threshold", required_argument, NULL, 't' },
		{ "expires", required_argument, NULL, 'e' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 't' && *optarg >= '1' && *optarg <= '9' && !optarg[1])
			plan->threshold = (unsigned)(*optarg - '0');
		else if (c == 't')
			return fprintf(stderr, "--threshold %s: not a number from 1 to 9\n",
				       optarg),
			       -EINVAL;
		else if (c != 'e')
			return -EINVAL;
		else if (span_parse(optarg, &plan->life) < 0)
			return fprintf(stderr, "--expires %s: not a span like 90d or 12h\n",
				       optarg),
			       -EINVAL;
	}
	return argc - optind >= 1 ? 0 : -EINVAL;
}

static int find_role(const char *name, enum role *ret, struct fault *fault)
{
	for (int role = 0; role < ROLE_COUNT; role++)
		if (!strcmp(role_kinds[role].name, name)) {
			*ret = (enum role)role;
			return 0;
		}
	return fault_set(fault, -EINVAL,
			 "%s is no role; there are root, timestamp, snapshot, targets", name);
}

static int renew(const struct workshop *w, const char *name, unsigned threshold, json_t *root,
		 struct fault *fault)
{
	json_t *was = json_object_get(json_object_get(root, "roles"), name);
	enum role role = ROLE_ROOT;
	int r = find_role(name, &role, fault);

	if (r < 0)
		return r;
	if (!threshold)
		threshold = (unsigned)json_integer_value(json_object_get(was, "threshold"));
	return ring_renew(w->dir, role, threshold, root, fault);
}

static int rotate(const struct workshop *w, char **names, const struct plan *plan, int64_t *version,
		  struct fault *fault)
{
	_drop_(drop_json) json_t *root = json_deep_copy(w->root), *base = NULL;
	int r;

	if (!root)
		return -ENOMEM;
	r = workshop_version(w->dir, ROLE_ROOT, version, fault);
	if (r == 0)
		r = draft_new(ROLE_ROOT, ++*version, io_now() + (int64_t)plan->life, &base, fault);
	if (r == 0 && json_object_update(root, base) < 0)
		r = -ENOMEM;
	/* Said first, before there are keys that no root lists. */
	if (r == 0)
		r = draft_can_sign(w->dir, w->root, ROLE_ROOT, fault);
	for (; r == 0 && *names; names++)
		r = renew(w, *names, plan->threshold, root, fault);
	return r < 0 ? r : draft_sign_root(w->dir, w->root, root, fault);
}

int rotate_main(int argc, char **argv)
{
	struct plan plan = { .life = ROOT_LIFE };
	struct workshop w = { .dir = -1 };
	struct fault fault = { 0 };
	int64_t version = 0;
	int r;

	if (read_options(argc, argv, &plan) < 0)
		return tool_usage("rotate");
	r = workshop_open(argv[optind], &w, &fault);
	for (char **name = argv + optind + 1; r == 0 && *name; name++)
		r = find_role(*name, &(enum role){ 0 }, &fault);
	if (r == 0)
		r = rotate(&w, argv + optind + 1, &plan, &version, &fault);
	workshop_close(&w);
	if (r < 0) {
		fault_set(&fault, r, "%s", strerror(-r));
		fprintf(stderr, "not rotated: %s\n", fault.why);
		return 1;
	}
	printf("root version %" PRId64 " is signed\n", version);
	if (argc - optind > 1)
		puts("now sign the policy again, so that the new keys vouch for it, and publish");
	return 0;
}
