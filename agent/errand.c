// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "agent/daemon.h"
#include "agent/errand.h"

#define LIMIT_MS 10000

int errand_start(struct daemon *d, struct errand *e,
		 int (*helper)(const struct helpers *h, struct fault *fault), remedy_line line,
		 remedy_done done, struct fault *fault)
{
	int r = helper(&d->helpers, fault);

	if (r >= 0)
		r = remedy_watch(d->loop, r, line, done, d, LIMIT_MS, &e->run);
	return r < 0 ? fault_set(fault, r, "%s", strerror(-r)) : 0;
}

void errand_drop(struct errand *e)
{
	e->run = remedy_run_free(e->run);
}

bool errand_matters(struct errand *e)
{
	bool ret = e->news || e->round;

	e->news = e->round = false;
	return ret;
}
