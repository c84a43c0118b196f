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
	bool loaded;	/* the daemon has told how old the signatures are that it has read */
	bool halted;	/* frozen or stopped: asking it would only cost time */
	bool unseen;	/* processes are there that lazaret-witness has yet to see */
	char good[200]; /* what there is to say when all is well */
};

/* Whether the requirement demands that part of the provider. */
bool antivirus_demands(const struct antivirus *a, enum part part);

/* finding_tell() for what is demanded, finding_note() for what is not. */
void antivirus_tell(struct antivirus *a, bool demanded, const char *probe, enum grade grade,
		    const char *todo, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

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
