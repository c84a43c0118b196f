// SPDX-License-Identifier: GPL-2.0-or-later
/* Of the look at patches: what is installed and waits for a restart. */
#include <errno.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "agent/posture/patches-look.h"
#include "agent/posture/running.h"

/* Whether what runs is old matters only to a policy that says so; else it is told as far as known.
 */
static bool is_demanded(const struct look *l)
{
	return l->req->with.patches.fails_on >> PATCH_RESTART & 1;
}

static void doubt_running(struct look *l, const struct running *r)
{
	if (!is_demanded(l))
		return;
	if (!r->whole)
		look_doubt(l, fault_set(&l->fault, -EAGAIN,
					"what runs was not looked at: lazaret-witness did not "
					"answer yet"));
	else if (!running_saw_all(r))
		look_doubt(l, fault_set(&l->fault, -EAGAIN,
					"%zu processes could not be looked at, and %zu old files "
					"were too many to be told: they may be of what was "
					"installed before",
					r->unread, r->more));
}

int patches_wait(struct look *l)
{
	const struct host *host = l->host;
	const struct feed *feed = l->err == -ENOSYS ? NULL : host->feed; /* of another release */
	int r = 0;

	if (host->kernel) {
		kernel_look(host->root, host->kernel->release, host->kernel->version, l->inv,
			    &l->kernel);
		r = kernel_add(host->root, &l->kernel, l->inv, feed, l->findings);
	}
	if (r == 0 && host->running) {
		r = running_add(host->root, host->running, l->inv, feed, l->findings);
		doubt_running(l, host->running);
	}
	return r;
}

static void tell_kernel(const struct look *l, const struct kernel *k, struct finding *f)
{
	switch (k->state) {
	case KERNEL_NONE: finding_note(f, "kernel", GRADE_PASS, "%s", k->why); break;
	case KERNEL_CURRENT:
		finding_note(f, "kernel", GRADE_PASS, "%.60s runs, the newest that is installed",
			     l->host->kernel->release);
		break;
	case KERNEL_OLD:
		finding_note(f, "kernel", GRADE_FAIL, "%.70s; installed is %.60s", k->why,
			     k->version);
		break;
	}
}

static void tell_running(const struct running *r, struct finding *f)
{
	enum grade grade = running_saw_all(r) ? GRADE_PASS : GRADE_UNKNOWN;
	char unread[60] = "", contained[60] = "";

	if (!r->whole) {
		finding_note(f, "processes", grade, "lazaret-witness did not answer yet");
		return;
	}
	if (r->unread)
		snprintf(unread, sizeof(unread), "; %zu could not be read", r->unread);
	if (r->contained)
		snprintf(contained, sizeof(contained), "; %zu of containers do", r->contained);
	finding_note(f, "processes", r->n ? GRADE_FAIL : grade,
		     "%zu services run what is replaced%s%s%s", r->n, unread, contained,
		     r->more ? "; there are more" : "");
}

void patches_tell_waits(const struct look *l, struct finding *f)
{
	if (l->host->kernel && (l->inv || l->kept))
		tell_kernel(l, l->inv ? &l->kernel : &l->kept->kernel, f);
	if (l->host->running)
		tell_running(l->host->running, f);
}
