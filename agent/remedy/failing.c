// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/posture.h"
#include "agent/posture/unit.h"
#include "agent/posture/witnessed.h"
#include "agent/remedy/failing.h"

/* It runs, unhindered but for the limit of a slice. */
static bool only_starved(int root, const struct provider_unit *u)
{
	struct unit_run run;

	unit_run_look(root, u, &run);
	return run.pid && run.slice_starved && !run.starved && !run.frozen &&
	       !unit_run_is_stopped(&run);
}

static size_t count_starved(int root, const struct requirement *q)
{
	const struct provider *p = q->with.antivirus.provider;
	size_t n = 0;

	for (size_t i = 0; i < p->n_units; i++)
		n += *p->units[i].program && part_is_demanded(q, p->units[i].part) &&
		     only_starved(root, &p->units[i]);
	return n;
}

struct failing count_failing_of(const struct requirement *q, const struct host *host)
{
	static const char *const fetched[] = { "loaded", "signatures", "updates" };
	_free_ struct finding *f = calloc(1, sizeof(*f));
	struct failing n = { 0 };

	if (host->root < 0 || !f)
		return n;
	look_antivirus(q, host, f);
	for (size_t i = 0; i < f->n_evidence; i++) {
		const struct evidence *e = &f->evidence[i];

		n.unknown += e->demanded && e->grade == GRADE_UNKNOWN;
		if (!e->demanded || e->grade != GRADE_FAIL)
			continue;
		n.all++;
		n.loaded |= !strcmp(e->probe, "loaded");
		n.stored |= !strcmp(e->probe, "signatures");
		n.restart |= !strcmp(e->probe, "restart");
		for (size_t k = 0; k < COUNT(fetched); k++)
			n.fetched += !strcmp(e->probe, fetched[k]);
	}
	n.starved = count_starved(host->root, q);
	return n;
}

struct failing count_failing(const struct requirement *q)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct host host = { .root = root, .now = io_now() };

	return count_failing_of(q, &host);
}

bool fails_elsewhere(const struct failing *n)
{
	return n->all && n->all == n->fetched + n->starved;
}
