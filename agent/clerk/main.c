// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/clerk/clerk.h"
#include "agent/clerk/tail.h"
#include "agent/clerk/updates.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/remedy.h"

#define TOLD_MAX 16 /* acts of one requirement, of one source */

DEFINE_DROP(policy, policy_free)

void clerk_tell(struct clerk *c, struct matter *m, const struct act *a)
{
	char line[ACT_LINE];

	if (a->at < c->now - CLERK_SPAN || m->told >= TOLD_MAX)
		return;
	m->told++;
	act_say(m->req->id, a, line);
	report_line(c->report, "+ ", line);
}

static void ask(struct clerk *c, void (*source)(struct clerk *c))
{
	for (size_t i = 0; i < c->n; i++)
		c->matters[i].told = 0;
	source(c);
}

static void find_acts(const struct policy *p, int root, struct report *report)
{
	struct clerk c = { .root = root, .now = io_now(), .report = report };

	for (size_t i = 0; i < p->n_requirements; i++) {
		struct matter m = { .req = &p->requirements[i],
				    .topic = topic_of(&p->requirements[i]) };

		if (m.topic.n)
			c.matters[c.n++] = m;
	}
	/* What may be gone in a moment comes first. */
	ask(&c, clerk_processes);
	ask(&c, clerk_packages);
	ask(&c, clerk_journal);
}

static void find_updates(const struct policy *p, int root, struct report *report)
{
	for (size_t i = 0; i < p->n_requirements; i++) {
		const struct requirement *q = &p->requirements[i];
		const struct provider *of = q->check == CHECK_ANTIVIRUS ? q->with.antivirus.provider
									: NULL;
		_free_ char *text = of && of->updates.from == CHRONICLE_FRESHCLAM
					    ? tail_read(root, of->updates.file + 1)
					    : NULL;
		char line[UPDATES_LINE];
		struct updates u;

		if (!text)
			continue;
		updates_freshclam(text, &u);
		updates_say(of->name, &u, line);
		report_line(report, "+ ", line);
	}
}

int main(void)
{
	struct report report = { .fd = STDOUT_FILENO };
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_drop_(drop_policy) struct policy *p = NULL;
	struct fault fault = { 0 };
	int r = root < 0 ? -errno : demand_policy(&p, &fault);

	if (r == 0) {
		find_acts(p, root, &report);
		find_updates(p, root, &report);
	}
	if (r < 0 && r != -ENOENT) {
		report_line(&report, REMEDY_FAILED, *fault.why ? fault.why : strerror(-r));
		return 1;
	}
	report_line(&report, REMEDY_OK, "");
	return 0;
}
