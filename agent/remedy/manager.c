// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <unistd.h>

#include "agent/remedy/manager.h"
#include "agent/remedy/remedy.h"

#define WORDS_MAX 4
#define LIMIT_S	  120

unsigned manager_kind(const struct requirement *q, const struct provider_unit *u)
{
	size_t n = strlen(u->name);
	bool service = n > 8 && !strcmp(u->name + n - 8, ".service");

	switch (u->part) {
	case PART_DAEMON: return service ? SERVICES : SOCKETS;
	case PART_UPDATER:
		if (q->with.antivirus.updater)
			return UPDATERS;
		return access(u->program, F_OK) == 0 ? SPARE : 0;
	case PART_ON_ACCESS: return q->with.antivirus.on_access ? WATCHERS : 0;
	case PART_COUNT: break;
	}
	return 0;
}

int manager_does(const struct requirement *q, unsigned which, const char *const *words,
		 struct report *report, struct fault *fault)
{
	const char *argv[1 + WORDS_MAX + PROVIDER_ROWS + 1] = { "/usr/bin/systemctl" };
	const struct provider *p = q->with.antivirus.provider;
	struct report nobody = { .fd = -1, .sent = STEP_OUTPUT_MAX };
	size_t n = 1, first;

	for (; *words && n < 1 + WORDS_MAX; words++)
		argv[n++] = *words;
	first = n;
	for (size_t i = 0; i < p->n_units; i++)
		if (manager_kind(q, &p->units[i]) & which)
			argv[n++] = p->units[i].name;
	return n == first ? 0 : step_exec(argv, LIMIT_S, report ? report : &nobody, fault);
}

int manager_begins(const struct requirement *q, unsigned which, const char *word,
		   struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 };

	if (manager_does(q, which, STEP_ARGV(word), NULL, &quiet) == 0)
		return 0;
	manager_does(q, DEMANDED, STEP_ARGV("reset-failed"), NULL, &quiet);
	return manager_does(q, which, STEP_ARGV(word), report, fault);
}

int manager_restart(const struct requirement *q, struct report *report, struct fault *fault)
{
	int r;

	report_line(report, "+ restarting ", q->with.antivirus.provider->title);
	r = manager_begins(q, SERVICES, "restart", report, fault);
	/* What keeps a part from it restarts the daemon no second time. */
	return r < 0 ? r : manager_begins(q, OTHERS, "restart", report, fault);
}

int manager_reload(struct report *report, struct fault *fault)
{
	return step_exec(SYSTEMCTL("daemon-reload"), LIMIT_S, report, fault);
}
