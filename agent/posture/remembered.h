/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What looks remember from one round to the next, so that each of them stays cheap: which files
 * were read whole and found good, and when an antivirus last proved that it detects.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "policy/health.h"
#include "policy/provider.h"

struct remembered;

struct remembered *remembered_new(void);		  /* NULL: no memory */
struct remembered *remembered_free(struct remembered *k); /* always NULL; k may be NULL */

/*
 * What came of comparing a file with this identity with that hash: 1 it has it, 0 it has another
 * one, -ENOENT nobody has compared them.  Identity is device, inode, size and both times: who
 * changes a file changes one of them (ctime cannot be set); a mount or a link may put another file
 * that is known in its place.
 */
int remembered_file(const struct remembered *k, const struct stat *st, const char *hash);
void remembered_set_file(struct remembered *k, const struct stat *st, const char *hash, bool good);

/*
 * What a database with this identity said when it was asked for that name: 0 and a copy, which the
 * caller frees, -ENOENT when it had nothing, -ENODATA when nobody has asked; -ENOMEM.
 */
int remembered_list(const struct remembered *k, const char *name, const struct stat *database,
		    char **ret);
/* text: copied; NULL: it had nothing. */
void remembered_set_list(struct remembered *k, const char *name, const struct stat *database,
			 const char *text);

/* That a provider detected the test file: when, which process, with which signatures. */
struct proof {
	long at; /* 0: never, or it failed since */
	pid_t pid;
	uint32_t version;
};
struct proof remembered_proof(const struct remembered *k, const char *provider);
void remembered_set_proof(struct remembered *k, const char *provider, const struct proof *p);

/* How its updater fared, by its own log; times in seconds since 1970. */
#define UPDATES_WHY 100
struct updates {
	int64_t succeeded; /* 0: not as far as the log goes back */
	int64_t failed;	   /* when the last try failed; 0: it did not */
	char why[UPDATES_WHY];
};
/* Zeros when nobody has told. */
struct updates remembered_updates(const struct remembered *k, const char *provider);
/* Whether that is news. */
bool remembered_set_updates(struct remembered *k, const char *provider, const struct updates *u);

/* What a program of the menu said of its product; counts for two minutes. */
#define HEALTH_WHY     160
#define HEALTH_MAX_AGE 120 /* seconds */
struct health_word {
	int64_t at;
	int err; /* 0: it works; -EIO: why it does not; else why nobody knows */
	char why[HEALTH_WHY];
};
/* false: there is none of the last max_age seconds. */
bool remembered_health(const struct remembered *k, enum health row, int64_t now, int64_t max_age,
		       struct health_word *ret);
/* Whether that is news. */
bool remembered_set_health(struct remembered *k, enum health row, const struct health_word *w);
/* Somebody changed the host on purpose: what programs said and proved is of before. */
void remembered_forget_words(struct remembered *k);

/*
 * A process of one of its units, as lazaret-witness saw it: one that is stopped, else the one that
 * is named like the program, else, with '-' for its state, another one.
 */
struct process_seen {
	long at;
	pid_t pid; /* 0: there was none */
	char state;
};
/* false: never seen. */
bool remembered_process(const struct remembered *k, const char *provider, const char *unit,
			struct process_seen *ret);
/* Whether that is news. */
bool remembered_set_process(struct remembered *k, const char *provider, const char *unit,
			    const struct process_seen *p);

/*
 * Which of a unit's files was not as it should be while it ran, and in which of its runs: it may
 * have begun with that.
 */
struct misled {
	struct timespec begun; /* unit_begun() */
	char by[PROVIDER_TEXT_MAX];
};
/* false: never since remembered_forget_misled(). */
bool remembered_misled(const struct remembered *k, const char *provider, const char *unit,
		       struct misled *ret);
void remembered_set_misled(struct remembered *k, const char *provider, const char *unit,
			   const struct misled *m);
/* Another policy may find nothing wrong with the same files. */
void remembered_forget_misled(struct remembered *k);

/* How many places its scanner of opened files watches, as last seen; -1: never seen.  at: when. */
int remembered_marks(const struct remembered *k, const char *provider, long *at);
void remembered_set_marks(struct remembered *k, const char *provider, int n, long at);
