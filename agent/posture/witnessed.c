// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/posture/witnessed.h"

#define ANOTHER '-' /* a process that is not the program */

bool part_is_demanded(const struct requirement *q, enum part part)
{
	switch (part) {
	case PART_DAEMON: return true;
	case PART_UPDATER: return q->with.antivirus.updater;
	case PART_ON_ACCESS: return q->with.antivirus.on_access;
	case PART_COUNT: break;
	}
	return false;
}

/* What answers on a socket needs no process seen; what does not answer has nothing else. */
bool witnessed_is_needed(const struct requirement *q, const struct provider_unit *u)
{
	enum tongue speaks = q->with.antivirus.provider->answer.speaks;
	bool answers = u->part == PART_DAEMON && (speaks == TONGUE_CLAMD || speaks == TONGUE_TEXT);

	return *u->program && !answers && part_is_demanded(q, u->part);
}

void witnessed_say(const struct provider *p, const struct provider_unit *u,
		   const struct unit_run *run, char line[WITNESSED_LINE])
{
	snprintf(line, WITNESSED_LINE, "process %s %s %d %c", p->name, u->name, (int)run->pid,
		 run->state ? run->state : ANOTHER);
}

bool witnessed_hear(struct remembered *k, const char *line, long now, bool *news)
{
	char provider[PROVIDER_NAME_MAX], unit[PROVIDER_TEXT_MAX], state;
	int pid;

	_Static_assert(PROVIDER_NAME_MAX == 32 && PROVIDER_TEXT_MAX == 100, "the widths below");
	if (sscanf(line, "process %31s %99s %d %c", provider, unit, &pid, &state) != 4 || pid < 0)
		return false;
	*news = remembered_set_process(
		k, provider, unit, &(struct process_seen){ .at = now, .pid = pid, .state = state });
	return true;
}

static bool is_among(const struct unit_run *run, pid_t pid)
{
	for (size_t i = 0; i < run->n_hidden; i++)
		if (run->hidden[i] == pid)
			return true;
	return false;
}

int witnessed_complete(const struct remembered *k, const struct provider *p,
		       const struct provider_unit *u, long now, struct unit_run *run)
{
	struct process_seen seen;

	if (run->state || !run->n_hidden)
		return 0;
	if (!remembered_process(k, p->name, u->name, &seen) || now < seen.at ||
	    now - seen.at > WITNESSED_MAX_AGE)
		return -ENODATA;
	if (!is_among(run, seen.pid))
		return -EAGAIN;
	run->pid = seen.state == ANOTHER ? 0 : seen.pid;
	run->state = seen.state == ANOTHER ? '\0' : seen.state;
	return 0;
}
