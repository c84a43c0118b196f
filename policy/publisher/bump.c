// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/publisher/sign.h"
#include "policy/publisher/tool.h"

/* What the newest snapshot is, as the next timestamp must name it. */
static int mark_snapshot(const struct workshop *w, json_t **mark, struct fault *fault)
{
	char name[DRAFT_NAME_MAX];
	_free_ char *text = NULL;
	int64_t version = 0;
	size_t len;
	int r;

	r = workshop_version(w->dir, ROLE_SNAPSHOT, &version, fault);
	if (r < 0)
		return r;
	if (!version)
		return fault_set(fault, -ENOENT, "no snapshot yet; sign a policy first");
	draft_name(ROLE_SNAPSHOT, version, name);
	r = io_read(w->dir, name, role_kinds[ROLE_SNAPSHOT].max, &text, &len);
	if (r < 0)
		return fault_set(fault, r, "%s: %s", name, strerror(-r));
	return draft_mark(text, len, version, mark);
}

int bump_main(int argc, char **argv)
{
	_drop_(drop_json) json_t *mark = NULL;
	struct workshop w = { .dir = -1 };
	uint64_t life = TIMESTAMP_LIFE;
	struct fault fault = { 0 };
	int r;

	if (sign_options(argc, argv, 1, &life) < 0)
		return tool_usage("bump");
	r = workshop_open(argv[optind], &w, &fault);
	if (r == 0)
		r = mark_snapshot(&w, &mark, &fault);
	if (r == 0)
		r = sign_timestamp(&w, mark, life, &fault);
	workshop_close(&w);
	if (r < 0) {
		fault_set(&fault, r, "%s", strerror(-r));
		fprintf(stderr, "not signed: %s\n", fault.why);
		return 1;
	}
	return 0;
}
