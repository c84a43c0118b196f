// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/count.h"
#include "agent/posture/account.h"
#include "agent/posture/antivirus.h"
#include "agent/posture/remembered.h"
#include "agent/posture/unit.h"
#include "agent/posture/witnessed.h"

/* A product may close its folder to others; its unit, its process and its answer are left. */
static void tell_closed(struct antivirus *a, const struct provider_unit *u, const char *base)
{
	a->installed |= u->part == PART_DAEMON;
	antivirus_tell(a, false, base, GRADE_UNKNOWN, NULL,
		       "%s lies where lazaretd may not look: its unit and its process tell",
		       u->program);
}

static void probe_program(struct antivirus *a, const struct provider_unit *u)
{
	bool demanded = antivirus_demands(a, u->part);
	const char *base = strrchr(u->program, '/') + 1;
	struct stat st;
	char todo[160];

	if (fstatat(a->host->root, u->program + 1, &st, 0) < 0) {
		if (errno == EACCES) {
			tell_closed(a, u, base);
			return;
		}
		snprintf(todo, sizeof(todo), "install it: apt-get install %s",
			 a->provider->packages.n
				 ? a->provider->packages.rows[a->provider->packages.n > 1]
				 : a->provider->title);
		antivirus_tell(a, demanded, base, errno == ENOENT ? GRADE_FAIL : GRADE_UNKNOWN,
			       todo,
			       errno == ENOENT ? "%s is not installed: no %s"
					       : "cannot tell whether %s is installed: %s",
			       base, u->program);
		return;
	}
	a->installed |= u->part == PART_DAEMON;
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		antivirus_tell(a, demanded, base, GRADE_FAIL, "install it anew",
			       "%s cannot be executed: its mode is %03o", u->program,
			       (unsigned)st.st_mode & 07777);
	else if (st.st_uid != 0 || st.st_mode & 0022)
		antivirus_tell(a, demanded, base, GRADE_FAIL, "install it anew",
			       "%s may be changed by others than root", u->program);
	else
		antivirus_tell(a, demanded, base, GRADE_PASS, NULL, "%s is there", u->program);
}

/* systemctl(1) unmasks in two folders of many. */
static const char *unmask_by(const char *fragment)
{
	static const struct {
		const char *in, *todo;
	} rows[] = {
		{ "etc/systemd/system/", "systemctl unmask" },
		{ "run/systemd/system/", "systemctl unmask --runtime" },
		{ "run/systemd/generator", "take systemd.mask= from the kernel's command line" },
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		if (!strncmp(fragment, rows[i].in, strlen(rows[i].in)))
			return rows[i].todo;
	return "remove that file, then systemctl daemon-reload";
}

static void probe_unit(struct antivirus *a, const struct provider_unit *u)
{
	bool demanded = antivirus_demands(a, u->part);
	struct unit unit;
	char todo[160];

	unit_look(a->host->root, u, &unit);
	if (*u->program && (unit.load == UNIT_OVERRIDDEN || *unit.drop_in))
		antivirus_misled(a, 1u << u->part, u->name);
	snprintf(todo, sizeof(todo), "see systemctl cat %s", u->name);
	if (unit.load == UNIT_ABSENT)
		antivirus_tell(a, demanded, u->name, GRADE_FAIL, "install it anew",
			       "%s has no unit file", u->name);
	else if (unit.load == UNIT_MASKED)
		antivirus_tell(a, demanded, u->name, GRADE_FAIL, unmask_by(unit.fragment),
			       "%s is masked by /%.90s", u->name, unit.fragment);
	else if (unit.load == UNIT_OVERRIDDEN)
		antivirus_tell(a, demanded, u->name, GRADE_FAIL, todo, "%s is overridden by /%.90s",
			       u->name, unit.fragment);
	else if (*unit.drop_in)
		antivirus_tell(a, demanded, u->name, GRADE_FAIL, todo,
			       "%s is changed: /%.90s sets %s", u->name, unit.drop_in, unit.sets);
	else if (!unit.enabled)
		antivirus_tell(a, demanded, u->name, GRADE_FAIL,
			       "enable it, for instance by systemctl enable",
			       "%s is not enabled: it would not start at boot", u->name);
	else
		antivirus_tell(a, demanded, u->name, GRADE_PASS, NULL, "%s is enabled, as packaged",
			       u->name);
}

static void tell_unseen(struct antivirus *a, const char *probe, const struct provider_unit *u,
			int err)
{
	static const char todo[] = "see systemctl status lazaret-witness.socket";

	a->moving |= err == -EAGAIN;
	antivirus_tell(a, true, probe, GRADE_UNKNOWN, todo,
		       err == -EAGAIN ? "nobody has seen yet what %s runs now"
				      : "nobody has seen whether the process of %s is stopped",
		       u->name);
}

static void probe_run(struct antivirus *a, const struct provider_unit *u)
{
	bool demanded = antivirus_demands(a, u->part);
	bool only = witnessed_is_needed(a->req, u);
	struct unit_run run;
	char probe[PROVIDER_TEXT_MAX + 16], todo[160];
	int r;

	unit_run_look(a->host->root, u, &run);
	r = only ? witnessed_complete(a->host->remembered, a->provider, u, a->host->now, &run) : 0;
	snprintf(probe, sizeof(probe), "%s runs", strrchr(u->program, '/') + 1);
	snprintf(todo, sizeof(todo), "start it: systemctl restart %s", u->name);
	a->pid = u->part == PART_DAEMON && run.pid ? run.pid : a->pid;
	a->halted |= u->part == PART_DAEMON && (run.frozen || unit_run_is_stopped(&run));
	if (run.frozen)
		antivirus_tell(a, demanded, probe, GRADE_FAIL, todo, "%s is frozen", u->name);
	else if (unit_run_is_stopped(&run))
		antivirus_tell(a, demanded, probe, GRADE_FAIL, todo, "process %d of %s is stopped",
			       (int)run.pid, u->name);
	else if (run.starved || run.slice_starved)
		antivirus_tell(a, demanded, probe, GRADE_FAIL,
			       "take CPUQuota= from it and from its slice, then restart it",
			       "%s gets less than a twentieth of a processor", u->name);
	else if (r < 0)
		tell_unseen(a, probe, u, r);
	else if (run.pid)
		antivirus_tell(a, demanded, probe, GRADE_PASS, NULL, "%s runs as process %d",
			       u->program, (int)run.pid);
	else if (only && a->installed)
		antivirus_tell(a, demanded, probe,
			       run.seen || a->systemd ? GRADE_FAIL : GRADE_UNKNOWN, todo,
			       "%s does not run in %s", u->program, u->name);
}

/* Active is not watching.  What a scanner watches only lazaret-witness can see. */
static void probe_watch(struct antivirus *a)
{
	long at = 0;
	int n = remembered_marks(a->host->remembered, a->provider->name, &at);

	if (!antivirus_demands(a, PART_ON_ACCESS))
		return;
	if (n < 0 || a->host->now - at > WITNESSED_MAX_AGE)
		antivirus_tell(a, true, "watches", GRADE_UNKNOWN,
			       "see systemctl status lazaret-witness.socket",
			       "nobody has seen yet what %s watches", a->provider->title);
	else if (!n)
		antivirus_tell(a, true, "watches", GRADE_FAIL,
			       "see its configuration, and whether its unit has mounts of its own "
			       "(systemctl show -p PrivateMounts,PrivateDevices)",
			       "%s watches no place for files that are opened", a->provider->title);
	else
		antivirus_tell(a, true, "watches", GRADE_PASS, NULL, "it watches %d places", n);
}

void probe_units(struct antivirus *a)
{
	const struct provider *p = a->provider;

	for (size_t i = 0; i < p->n_units; i++)
		if (*p->units[i].program)
			probe_program(a, &p->units[i]);
	/* Of what is not there, the rest says nothing. */
	for (size_t i = 0; a->installed && i < p->n_units; i++) {
		if (a->systemd)
			probe_unit(a, &p->units[i]);
		if (*p->units[i].program)
			probe_run(a, &p->units[i]);
	}
	probe_watch(a);
	if (!a->systemd)
		antivirus_tell(a, p->answer.speaks == TONGUE_NONE, "units", GRADE_UNKNOWN, NULL,
			       "no systemd runs here, so no unit can be seen");
}

/* What runs has had one: those of a directory service are in no file. */
void probe_account(struct antivirus *a)
{
	const char *name = a->provider->account;
	int r = a->installed && *name ? account_find(a->host->root, name) : -ENOENT;

	if (r > 0)
		antivirus_tell(a, true, "account", GRADE_PASS, NULL, "the account %s is there",
			       name);
	else if (r == 0)
		antivirus_tell(a, a->systemd && !unit_is_populated(a->host->root, a->unit),
			       "account", GRADE_FAIL, "make it again, as by antivirus-enable",
			       "the account %s is gone: %s cannot start", name, a->base);
}
