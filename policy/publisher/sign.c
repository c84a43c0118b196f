// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/span.h"
#include "policy/publisher/lint.h"
#include "policy/publisher/sign.h"
#include "policy/publisher/tool.h"

#define LIFE_UNSAID UINT64_MAX

int sign_options(int argc, char **argv, int n, uint64_t *life)
{
	static const struct option options[] = {
		{ "expires", required_argument, NULL, 'e' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == 'e' && span_parse(optarg, life) == 0)
			continue;
		if (c == 'e')
			fprintf(stderr, "--expires %s: not a span like 90d or 12h\n", optarg);
		return -EINVAL;
	}
	return argc - optind == n ? 0 : -EINVAL;
}

/* The next version of a role, whose list names one file or target. */
static int sign_role(const struct workshop *w, enum role role, uint64_t life, const char *name,
		     json_t *entry, json_t **mark, struct fault *fault)
{
	_drop_(drop_json) json_t *body = NULL;
	int64_t version = 0;
	int r;

	r = workshop_version(w->dir, role, &version, fault);
	if (r == 0)
		r = draft_new(role, version + 1, io_now() + (int64_t)life, &body, fault);
	if (r == 0 &&
	    json_object_set_new(body, role_kinds[role].list, json_pack("{s:O}", name, entry)) < 0)
		r = -ENOMEM;
	return r < 0 ? r : draft_sign(w->dir, w->root, role, body, mark, fault);
}

int sign_timestamp(const struct workshop *w, json_t *snapshot_mark, uint64_t life,
		   struct fault *fault)
{
	return sign_role(w, ROLE_TIMESTAMP, life, "snapshot.json", snapshot_mark, NULL, fault);
}

/* targets/HASH.policy.json, and what targets metadata says of it. */
static int put_target(const struct workshop *w, const char *text, size_t len, json_t **mark,
		      struct fault *fault)
{
	char name[DRAFT_NAME_MAX], hash[DIGEST_TEXT];
	int r;

	r = digest_make_text(DIGEST_SHA256, text, len, hash);
	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "targets/%s.policy.json", hash);
	r = io_replace(w->dir, name, text, len, 0644);
	if (r < 0)
		return fault_set(fault, r, "%s: %s", name, strerror(-r));
	return draft_mark(text, len, 0, mark);
}

int sign_policy(const struct workshop *w, const char *text, size_t len, uint64_t life,
		uint64_t timestamp_life, struct fault *fault)
{
	_drop_(drop_json) json_t *target = NULL, *targets = NULL, *snapshot = NULL;
	int r;

	r = put_target(w, text, len, &target, fault);
	if (r == 0)
		r = sign_role(w, ROLE_TARGETS, life, "policy.json", target, &targets, fault);
	if (r == 0)
		r = sign_role(w, ROLE_SNAPSHOT, life, "targets.json", targets, &snapshot, fault);
	return r < 0 ? r : sign_timestamp(w, snapshot, timestamp_life, fault);
}

int sign_main(int argc, char **argv)
{
	struct workshop w = { .dir = -1 };
	struct fault fault = { 0 };
	_free_ char *text = NULL;
	uint64_t life = LIFE_UNSAID;
	int64_t version = 0;
	size_t len;
	int r;

	if (sign_options(argc, argv, 2, &life) < 0)
		return tool_usage("sign");
	if (lint_file(argv[optind + 1], &text, &len) < 0)
		return 1;
	r = workshop_open(argv[optind], &w, &fault);
	if (r == 0)
		r = sign_policy(&w, text, len, life == LIFE_UNSAID ? SIGN_LIFE : life,
				life == LIFE_UNSAID ? TIMESTAMP_LIFE : life, &fault);
	if (r == 0)
		r = workshop_version(w.dir, ROLE_TARGETS, &version, &fault);
	workshop_close(&w);
	if (r < 0) {
		fault_set(&fault, r, "%s", strerror(-r));
		fprintf(stderr, "not signed: %s\n", fault.why);
		return 1;
	}
	printf("signed as version %" PRId64 "\n", version);
	return 0;
}
