// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/json.h"
#include "policy/publisher/options.h"
#include "policy/publisher/session.h"
#include "policy/publisher/tell.h"
#include "policy/publisher/tool.h"
#include "policy/publisher/trial.h"
#include "policy/stamp.h"

static void tell(const struct trial_result *v, int r, const char *why, bool as_json)
{
	const char *mode = v->enforce ? "enforce" : "audit";
	_drop_(drop_json) json_t *said = NULL;
	char at[STAMP_TEXT] = "";

	stamp_write(v->expires, at);
	if (as_json) {
		said = json_pack("{s:b, s:s, s:I, s:s, s:s}", "valid", r == 0, "reason", why,
				 "version", (json_int_t)v->version, "expires", r ? "" : at, "mode",
				 r ? "" : mode);
		if (said)
			json_dumpf(said, stdout, JSON_COMPACT);
		putchar('\n');
	} else if (r < 0)
		fprintf(stderr, "not valid: %s\n", why);
	else
		printf("valid until %s: policy version %" PRIu64 ", mode %s\n", at, v->version,
		       mode);
}

static int run(struct trial *t, const struct options *o, struct trial_result *ret,
	       struct fault *fault)
{
	int r = trial_root(t, o->root, fault);

	t->now = io_now();
	return r < 0 ? r : trial_run(t, true, ret, fault);
}

static int verify_folder(const struct options *o, struct trial *t, struct trial_result *ret,
			 struct fault *fault)
{
	_close_ int dir = open(o->args[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 && strstr(o->args[0], "://"))
		return fault_set(fault, -EINVAL, "%s: the address must begin with https://",
				 o->args[0]);
	if (dir < 0)
		return fault_set(fault, -errno, "%s: %s", o->args[0], strerror(errno));
	t->fetch = trial_fetch_folder;
	t->ctx = &dir;
	return run(t, o, ret, fault);
}

static int verify_server(const struct options *o, struct trial *t, struct trial_result *ret,
			 struct fault *fault)
{
	const struct session_plan plan = { o->helper, o->ca, o->certificate, o->private_key,
					   o->proxy };
	struct session s;
	int r = session_open(o->args[0], &plan, &s, fault);

	if (r < 0)
		return r;
	t->fetch = session_fetch;
	t->ctx = &s;
	r = run(t, o, ret, fault);
	session_close(&s);
	return r;
}

int verify_main(int argc, char **argv)
{
	struct trial_result result = { 0 };
	struct trial trial = { 0 };
	struct fault fault = { 0 };
	struct options o;
	int r;

	if (options_read(argc, argv, "jRCHiIo", 1, 1, &o) < 0)
		return tool_usage("verify");
	r = strncmp(o.args[0], "https://", 8) ? verify_folder(&o, &trial, &result, &fault)
					      : verify_server(&o, &trial, &result, &fault);
	if (r < 0)
		fault_set(&fault, r, "%s", strerror(-r));
	tell_tidy(fault.why);
	tell(&result, r, fault.why, o.json);
	trial_clear(&trial);
	return r < 0;
}
