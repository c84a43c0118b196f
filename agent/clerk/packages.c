// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/clerk/clerk.h"
#include "agent/clerk/history.h"
#include "agent/clerk/tail.h"

struct finding_of {
	struct clerk *clerk;
	struct matter *matter;
};

static void found(void *ctx, const struct act *a)
{
	const struct finding_of *f = ctx;

	clerk_tell(f->clerk, f->matter, a);
}

void clerk_packages(struct clerk *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct finding_of of = { c, &c->matters[i] };
		_free_ char *apt = tail_read(c->root, "var/log/apt/history.log");
		_free_ char *dpkg = tail_read(c->root, "var/log/dpkg.log");

		/* dpkg runs below apt, which knows more. */
		if (dpkg)
			history_dpkg(dpkg, &of.matter->topic, found, &of);
		if (apt)
			history_apt(apt, &of.matter->topic, c->now, found, &of);
	}
}
