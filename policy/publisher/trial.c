// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/document.h"
#include "policy/publisher/sign.h"
#include "policy/publisher/trial.h"

#define FIRST_ROOT "metadata/1.root.json"

int trial_fetch_folder(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		       struct fault *fault)
{
	int r = io_read(*(int *)ctx, path, max, ret, len);

	return r < 0 && r != -ENOENT ? fault_set(fault, r, "%s", strerror(-r)) : r;
}

static int fetch(void *ctx, const char *path, size_t max, char **ret, size_t *len,
		 struct fault *fault)
{
	struct trial *t = ctx;

	return t->fetch(t->ctx, path, max, ret, len, fault);
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

int trial_root(struct trial *t, const char *file, struct fault *fault)
{
	size_t max = role_kinds[ROLE_ROOT].max;
	int r = file ? io_read(AT_FDCWD, file, max, &t->root, &t->root_len)
		     : t->fetch(t->ctx, FIRST_ROOT, max, &t->root, &t->root_len, fault);

	return r < 0 ? fault_set(fault, r, "%s: %s", file ? file : FIRST_ROOT, strerror(-r)) : 0;
}

void trial_clear(struct trial *t)
{
	free(t->root);
	t->root = NULL;
}

static int read_policy(struct tuf *t, bool need, struct trial_result *ret, struct fault *fault)
{
	struct policy *policy = NULL;
	_free_ char *text = NULL;
	size_t len;
	int r;

	r = tuf_target(t, SIGN_POLICY, &text, &len, need ? fault : NULL);
	if (r == -ENOENT && !need)
		return 0;
	if (r == 0)
		r = policy_parse(text, len, &policy, fault);
	if (r < 0 && fault && fault->line)
		fault_prefix(fault, SIGN_POLICY ", line %u, column %u", fault->line, fault->col);
	ret->has_policy = r == 0;
	ret->enforce = r == 0 && policy->mode == MODE_ENFORCE;
	policy_free(policy);
	return r;
}

static int read_targets(struct tuf *t, json_t *names, struct fault *fault)
{
	json_t *name;
	size_t i;
	int r = 0;

	json_array_foreach(names, i, name) {
		_free_ char *text = NULL;
		size_t len;

		r = tuf_target(t, json_string_value(name), &text, &len, fault);
		if (r < 0)
			break;
	}
	return r;
}

int trial_run(struct trial *trial, bool need_policy, struct trial_result *ret, struct fault *fault)
{
	struct tuf_io io = { trial, fetch, load, keep, trial->now };
	struct trial_result result = { 0 };
	struct tuf *t = NULL;
	int r;

	r = tuf_open(&io, &t, fault);
	if (r == 0)
		r = tuf_refresh(t, fault);
	if (r == 0)
		r = read_policy(t, need_policy, &result, fault);
	if (r == 0)
		r = read_targets(t, trial->targets, fault);
	if (r == 0) {
		result.version = tuf_targets_version(t);
		result.expires = tuf_expires(t);
		*ret = result;
	}
	tuf_close(t);
	return r;
}
