// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/posture.h"
#include "agent/remedy/failing.h"

struct failing count_failing(const struct requirement *q)
{
	static const char *const fetched[] = { "loaded", "signatures", "updates" };
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_free_ struct finding *f = calloc(1, sizeof(*f));
	const struct host host = { .root = root, .now = io_now() };
	struct failing n = { 0 };

	if (root < 0 || !f)
		return n;
	look_antivirus(q, &host, f);
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
	return n;
}
