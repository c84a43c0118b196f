// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/document.h"
#include "policy/json.h"
#include "policy/publisher/tool.h"
#include "policy/role.h"
#include "policy/stamp.h"
#include "policy/tuf.h"

#define POLICY_TARGET "policy.json"
#define FIRST_ROOT    "metadata/1.root.json"

/* A host that has its first root, and a server that is a folder. */
struct trial {
	int dir;
	char *root;
	size_t root_len;
};

struct result {
	uint64_t version;
	int64_t expires;
	bool enforce;
};

static int fetch(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		 struct fault *fault)
{
	int r = io_read(((struct trial *)ctx)->dir, path, max, ret, len);

	return r < 0 && r != -ENOENT ? fault_set(fault, r, "%s", strerror(-r)) : r;
}

static int load(void *ctx, const char *name, char **ret, size_t *len)
{
	struct trial *t = ctx;

	if (strcmp(name, "root.json"))
		return -ENOENT;
	*ret = strdup(t->root);
	*len = t->root_len;
	return *ret ? 0 : -ENOMEM;
}

static int keep(void *ctx, const char *name, const char *data, size_t len)
{
	(void)ctx, (void)name, (void)data, (void)len;
	return 0;
}

static int read_policy(struct tuf *t, struct result *ret, struct fault *fault)
{
	struct policy *policy = NULL;
	_free_ char *text = NULL;
	size_t len;
	int r;

	r = tuf_target(t, POLICY_TARGET, &text, &len, fault);
	if (r == 0)
		r = policy_parse(text, len, &policy, fault);
	if (r == 0)
		*ret = (struct result){ .version = tuf_targets_version(t),
					.expires = tuf_expires(t),
					.enforce = policy->mode == MODE_ENFORCE };
	policy_free(policy);
	return r;
}

static int verify(struct trial *trial, struct result *ret, struct fault *fault)
{
	struct tuf_io io = { trial, fetch, load, keep, io_now() };
	struct tuf *t = NULL;
	int r;

	r = tuf_open(&io, &t, fault);
	if (r == 0)
		r = tuf_refresh(t, fault);
	if (r == 0)
		r = read_policy(t, ret, fault);
	tuf_close(t);
	return r;
}

static int open_trial(const char *path, const char *root, struct trial *t, struct fault *fault)
{
	int r;

	t->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir < 0)
		return fault_set(fault, -errno, "%s: %s", path, strerror(errno));
	r = io_read(root ? AT_FDCWD : t->dir, root ? root : FIRST_ROOT, role_kinds[ROLE_ROOT].max,
		    &t->root, &t->root_len);
	return r < 0 ? fault_set(fault, r, "%s: %s", root ? root : FIRST_ROOT, strerror(-r)) : 0;
}

static void tell(const struct result *v, int r, const char *why, bool as_json)
{
	_drop_(drop_json) json_t *said = NULL;
	char at[STAMP_TEXT] = "";

	stamp_write(v->expires, at);
	if (as_json) {
		said = json_pack("{s:b, s:s, s:I, s:s, s:s}", "valid", r == 0, "reason", why,
				 "version", (json_int_t)v->version, "expires", r ? "" : at, "mode",
				 r	      ? ""
				 : v->enforce ? "enforce"
					      : "audit");
		if (said)
			json_dumpf(said, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (r < 0)
		fprintf(stderr, "not valid: %s\n", why);
	else
		printf("valid until %s: policy version %" PRIu64 ", mode %s\n", at, v->version,
		       v->enforce ? "enforce" : "audit");
}

int verify_main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "root", required_argument, NULL, 'r' },
		{ 0 },
	};
	struct trial trial = { .dir = -1 };
	struct result result = { 0 };
	struct fault fault = { 0 };
	const char *root = NULL;
	bool as_json = false;
	int c, r;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (c == '?')
			return tool_usage("verify");
		as_json |= c == 'j';
		root = c == 'r' ? optarg : root;
	}
	if (argc - optind != 1)
		return tool_usage("verify");
	r = open_trial(argv[optind], root, &trial, &fault);
	if (r == 0)
		r = verify(&trial, &result, &fault);
	if (r < 0)
		fault_set(&fault, r, "%s", strerror(-r));
	tell(&result, r, fault.why, as_json);
	free(trial.root);
	drop_fd(&trial.dir);
	return r < 0;
}
