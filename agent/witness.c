// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/daemon.h"
#include "agent/posture/remembered.h"
#include "agent/remedy/ask.h"
#include "agent/round.h"
#include "agent/witness.h"

#define EVERY_MS 30000
#define LIMIT_MS 10000

static bool is_demanded(const struct policy *p)
{
	for (size_t i = 0; i < p->n_requirements; i++)
		if (p->requirements[i].check == CHECK_ANTIVIRUS &&
		    p->requirements[i].with.antivirus.on_access)
			return true;
	return false;
}

static void on_line(void *ctx, const char *line)
{
	struct daemon *d = ctx;
	char name[PROVIDER_NAME_MAX];
	int n, before;
	long at;

	_Static_assert(PROVIDER_NAME_MAX == 32, "the width below");
	if (sscanf(line, "watches %31s %d", name, &n) != 2 || n < 0)
		return;
	before = remembered_marks(d->host.remembered, name, &at);
	remembered_set_marks(d->host.remembered, name, n, io_now());
	d->witness_changed |= before < 0 || !before != !n;
}

static void on_done(void *ctx, int err, const char *why)
{
	struct daemon *d = ctx;
	bool changed = d->witness_changed;

	d->witness = remedy_run_free(d->witness);
	d->witness_changed = false;
	if (err < 0)
		log_warn("lazaret-witness: %s", why);
	if (changed)
		round_look(d, "seen by lazaret-witness");
}

void witness_ask(struct daemon *d)
{
	struct fault fault = { 0 };
	uint64_t now = io_boot_ms();
	int fd, r;

	if (!d->policy || !is_demanded(d->policy) || d->witness ||
	    (d->witness_asked && now - d->witness_asked < EVERY_MS))
		return;
	d->witness_asked = now;
	fd = helper_witness(&d->helpers, &fault);
	r = fd < 0 ? fd : remedy_watch(d->loop, fd, on_line, on_done, d, LIMIT_MS, &d->witness);
	if (r < 0)
		log_warn("lazaret-witness cannot be asked: %s",
			 *fault.why ? fault.why : strerror(-r));
}
