// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/health.h"
#include "policy/json.h"

#define TEXTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

const struct health_entry health_menu[HEALTH_COUNT] = {
	[HEALTH_CLAMDSCAN] = { "clamdscan", TEXTS("/usr/bin/clamdscan", "--ping", "1"), "PONG",
			       NULL },
	[HEALTH_MDATP] = { "mdatp", TEXTS("/usr/bin/mdatp", "health", "--output", "json"), NULL,
			   TEXTS("healthy", "realTimeProtectionEnabled.value") },
};

static const json_t *member_at(const json_t *v, const char *path)
{
	char name[64];

	while (v && *path) {
		size_t len = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)len, path);
		v = json_object_get(v, name);
		path += len + (path[len] == '.');
	}
	return v;
}

static int judge_members(const struct health_entry *e, const char *text, size_t len,
			 struct fault *fault)
{
	_drop_(drop_json) json_t *root = NULL;
	struct fault own = { 0 };

	if (json_read(text, len, &root, &own) < 0)
		return fault_set(fault, -EBADMSG, "%s prints what is not its JSON: %.120s",
				 e->argv[0], own.why);
	for (const char *const *m = e->trues; *m; m++)
		if (!json_is_true(member_at(root, *m)))
			return fault_set(fault, -EBADMSG, "%s: \"%s\" is not true", e->argv[0], *m);
	return 0;
}

int health_judge(const struct health_entry *e, const char *text, size_t len, struct fault *fault)
{
	if (e->says && !memmem(text, len, e->says, strlen(e->says)))
		return fault_set(fault, -EBADMSG, "%s does not say \"%s\"", e->argv[0], e->says);
	return e->trues ? judge_members(e, text, len, fault) : 0;
}
