/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the remedies that install packages need of a host's package manager. */
#pragma once

#include "agent/posture/findings.h"
#include "agent/remedy/hindrance.h"
#include "agent/remedy/step.h"
#include "policy/provider.h"

#define WANTED_MAX (2 * PROVIDER_ROWS)

/* What is installed anew: a provider's packages, and its libraries as far as they are there. */
struct wanted {
	const struct provider *provider;
	size_t n;
	const char *rows[WANTED_MAX];
	struct texts libraries;
};

struct packager_way {
	bool own; /* from the policy's own sources: left out where it names none */
	/*
	 * Installs all that is wanted, anew where it is there; whether it is whole then, others
	 * look.  0; -EOPNOTSUPP: there is nothing that this way could do; or -errno and the fault.
	 */
	int (*install)(const struct wanted *w, struct report *report, struct fault *fault);
};

struct packager {
	const char *program;	      /* the host that has it is this package manager's */
	const struct step *repair;    /* finishes what was cut off, and fetches the lists */
	const struct step *prepare;   /* the same before a provider is installed */
	const char *const *update;    /* begins the command that installs these very versions, */
	const char *const *unfetched; /* of which one stands in its fault when a server is away */
	/* How that command calls a package and its version, allocated: as asprintf(3). */
	int (*spell)(const struct patch *p, char **ret);
	bool (*hindrance)(int root, char ret[HINDRANCE_MAX]); /* hindrance.h; NULL: none known */
	/* Takes locks off its files (unlock.h), and tells how many; arch "": as the name says. */
	size_t (*unlock)(const char *package, const char *arch);
	/* Around the installing of a provider (holds.h); NULL: its holds stop nothing. */
	int (*lift)(const struct provider *p, struct report *report, struct fault *fault);
	int (*lay)(struct report *report, struct fault *fault);
	const struct packager_way *ways; /* in the order of their trying; a row of zeros */
};

extern const struct packager packager_apt, packager_dnf;

/* The host's.  NULL and the fault when it has none of ours: apk's hosts, for instance. */
const struct packager *packager_find(struct fault *fault);

/*
 * Runs one of its programs once nobody holds a lock of those who write packages, and again when
 * somebody was faster.  As step_exec().
 */
int packager_run(const char *const *argv, unsigned limit_s, struct report *report,
		 struct fault *fault);

/* Takes locks off the files of a package that is to be replaced, and reports it. */
void packager_unlock(const struct packager *with, const char *package, const char *arch,
		     struct report *report);

/* Whether little room is left in a folder for what is to be downloaded. */
bool packager_lacks_room(const char *folder);
