/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probes of look_antivirus(): each tells what it saw as evidence. */
#pragma once

#include "agent/posture/clamd.h"
#include "agent/posture/posture.h"

struct antivirus {
	const struct requirement *req;
	const struct host *host;
	const struct provider *provider;
	struct finding *finding;
	const char *base; /* of the daemon's program: "clamd" */
	const char *unit; /* of the daemon: "clamav-daemon.service" */
	pid_t pid;	  /* of the daemon, as its cgroup shows it; 0: not seen */
	bool installed, systemd;
	bool loaded; /* the daemon has told how old the signatures are that it has read */
	bool halted; /* frozen or stopped: asking it would only cost time */
	bool moving; /* lazaret-witness has yet to see processes, or settings were just written */
	char wrong[PART_COUNT][PROVIDER_TEXT_MAX]; /* of its files, the first that was; or empty */
	char good[200];				   /* what there is to say when all is well */
};

/* Whether the requirement demands that part of the provider. */
bool antivirus_demands(const struct antivirus *a, enum part part);

/* finding_tell() for what is demanded, finding_note() for what is not. */
void antivirus_tell(struct antivirus *a, bool demanded, const char *probe, enum grade grade,
		    const char *todo, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Who begins such parts now has files that are not as they should be; a bit for each part. */
void antivirus_misled(struct antivirus *a, unsigned parts, const char *by);

/* Whose: "the loaded"; of signatures. */
void antivirus_judge_age(struct antivirus *a, const char *probe, const char *whose,
			 const struct clamd_version *v);

void probe_units(struct antivirus *a);	    /* programs, unit files, processes */
void probe_account(struct antivirus *a);    /* the user it runs as */
void probe_answer(struct antivirus *a);	    /* whether it says that it works, and its proof */
void probe_signatures(struct antivirus *a); /* on disk */
void probe_updates(struct antivirus *a);    /* how the updater fares */
void probe_settings(struct antivirus *a);
void probe_packages(struct antivirus *a); /* against their hashes; locked files */
void probe_restart(struct antivirus *a);  /* comes last: whether it began with what is there now */

/*
 * Whether what began then has read a file that was changed since.  now, booted: seconds since 1970,
 * by the clock as it is set now.  Unknown for a moment: who writes settings restarts what reads it.
 */
enum grade restart_grade(const struct timespec *begun, const struct timespec *changed, int64_t now,
			 int64_t booted);
