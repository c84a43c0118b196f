/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A unit as its files and its cgroup show it (systemd.unit(5), UNIT FILE LOAD PATH; cgroups(7)).
 * It needs neither the manager nor the bus, which whoever switches things off may stop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "policy/provider.h"

#define UNIT_PATH_MAX 240

enum unit_load {
	UNIT_ABSENT,
	UNIT_PLAIN,	 /* as its package made it */
	UNIT_MASKED,	 /* a link to /dev/null, or an empty file */
	UNIT_OVERRIDDEN, /* a file of the same name outranks the package's */
};

struct unit {
	enum unit_load load;
	/* The file in effect, below the root; empty when absent.  An instance's may be its
	 * template's. */
	char fragment[UNIT_PATH_MAX];
	/*
	 * At boot: a link that lasts has a target want it that is reached then, or that its own
	 * file names (WantedBy=).  A static unit counts as enabled.
	 */
	bool enabled;
	char drop_in[UNIT_PATH_MAX]; /* the first that decides over it; empty: none */
	char sets[32];		     /* what it sets: "ConditionPathExists" */
};

/* The folders units are read from, relative to the root, highest rank first; NULL ends. */
struct unit_folder {
	const char *path;
	bool vendor; /* packages' own */
};
extern const struct unit_folder unit_folders[];

/* The folders that the cgroups of services are in, relative to the root; NULL ends. */
extern const char *const unit_slices[];

/* In such a folder the cgroup of a unit, or a file of it: those of a template have their own slice.
 */
void unit_cgroup_path(const char *slice, const char *unit, const char *file,
		      char ret[UNIT_PATH_MAX]);

void unit_look(int root, const struct provider_unit *of, struct unit *ret);

/* As in struct unit; fragment: its file in effect, below the root. */
bool unit_is_enabled(int root, const char *name, const char *fragment);

/*
 * Whether systemd (systemd.unit(5), .wants/) takes what stands in such a folder for a dependency.
 * What is no link, or leads to /dev/null or to an empty file, only hides those in lower folders.
 */
bool unit_link_counts(int root, const char *path);

#define UNREADABLE "what cannot be read"

/*
 * Whether a drop-in decides what its unit runs, whether it runs, or how far it gets.  own: its
 * package made it, which may add commands around the main one.  true and in sets which key does;
 * what cannot be read as systemd's syntax decides.  The text is changed.
 */
bool drop_in_decides(char *text, size_t len, bool own, char sets[32]);

/*
 * Calls each with the path, below the root, of every drop-in of a unit, until it gives other than
 * 0, which is returned.  These are the unit's own, those of its name's prefixes and of its type,
 * and the same of each other name that a link gives it (Alias=).  What nobody can look into comes
 * with an empty name: a folder that is closed, and a link that gives it more names than are looked
 * at (PROVIDER_ROWS).
 */
int unit_each_drop_in(int root, const char *unit,
		      int (*each)(void *ctx, int root, const char *path, const char *name),
		      void *ctx);

/* What a unit's cgroup holds, and those directly below it. */
#define UNIT_HIDDEN 64
struct unit_run {
	bool frozen;
	/*
	 * One that is stopped, else one of the program, by its executable or, where that may not
	 * be seen, its name; else the first hidden; 0: none.
	 */
	pid_t pid;
	char state; /* proc(5): 'S', 'T'; NUL when it is hidden */
	bool seen;  /* the cgroup was there */
	/* It, or a slice it is in, is given less than a twentieth of a processor (cpu.max). */
	bool starved, slice_starved;
	/* Whom we may not look at (ProtectProc= of our unit; witnessed.h), as far as they fit. */
	pid_t hidden[UNIT_HIDDEN];
	size_t n_hidden;
};
bool unit_run_is_stopped(const struct unit_run *run); /* by a signal or a debugger */
void unit_run_look(int root, const struct provider_unit *of, struct unit_run *ret);
bool unit_is_populated(int root, const char *unit); /* has it any process? */

/*
 * When its present run began, by the link that systemd makes for journald before it runs anything;
 * zeros: there is none.  It is of the clock as it was set then.
 */
struct timespec unit_begun(int root, const char *unit);

/* What the processes of a unit have used of the processor since it was started; -1: not known. */
int64_t unit_cpu_us(int root, const char *unit);
