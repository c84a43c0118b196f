// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "agent/posture/posture.h"

const char *const grade_names[GRADE_COUNT] = {
	[GRADE_PASS] = "pass",
	[GRADE_FAIL] = "fail",
	[GRADE_UNKNOWN] = "unknown",
};

static void (*const looks[CHECK_COUNT])(const struct requirement *req, const struct host *host,
					struct finding *ret) = {
#ifdef CONFIG_POSTURE_PATCHES
	[CHECK_PATCHES] = look_patches,
#endif
#ifdef CONFIG_POSTURE_ANTIVIRUS
	[CHECK_ANTIVIRUS] = look_antivirus,
#endif
#ifdef CONFIG_POSTURE_FIREWALL
	[CHECK_FIREWALL] = look_firewall,
#endif
};

void posture_look(const struct requirement *req, const struct host *host, struct finding *ret)
{
	*ret = (struct finding){ .grade = GRADE_UNKNOWN };
	if (looks[req->check]) {
		looks[req->check](req, host, ret);
		return;
	}
	snprintf(ret->what, sizeof(ret->what), "this build cannot look at %s",
		 check_names[req->check]);
	snprintf(ret->todo, sizeof(ret->todo), "install a build of lazaret that can");
}
