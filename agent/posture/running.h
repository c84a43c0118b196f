/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs and is older than what is installed: processes whose code was replaced or deleted
 * under them, the kernel, and what a package asked for in /run/reboot-required.  Only what is seen
 * counts.  An update gives a file another inode, so its old code is "(deleted)" in whoever maps it;
 * to compare device and inode with the file of that name would add nothing but false alarms, as
 * btrfs and overlayfs give the two different numbers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/err.h"
#include "agent/posture/owner.h"

struct feed;
struct findings;
struct inventory;

#define RUNNING_ROWS 96
#define RUNNING_UNIT 96

/* A unit that runs what was of a package before. */
struct running_row {
	char unit[RUNNING_UNIT]; /* "nginx.service", "init.scope"; "-": of none */
	char package[OWNER_PACKAGE_MAX];
	char path[OWNER_PATH_MAX]; /* the first file of it */
	unsigned processes;
};

struct running {
	struct running_row rows[RUNNING_ROWS];
	size_t n;
	size_t more;	  /* that found no room */
	size_t unread;	  /* processes that could not be read, or not in time */
	size_t contained; /* processes of containers with replaced code: not this host's to mend */
	bool whole;	  /* all of it is there */
};

/*
 * Looks at all processes of `root`/proc: without CAP_SYS_PTRACE those of others count as unread.
 * 0, or -errno when there is no /proc or no list of packages' files.
 */
int running_look(int root, struct running *ret);

/*
 * One row as a line for another process, and back; also the numbers, which end a telling.
 * running_hear() takes "runs ..." and "ran ..." and nothing else: false.
 */
#define RUNNING_LINE 512
void running_say(const struct running *r, const struct running_row *row, char line[RUNNING_LINE]);
bool running_hear(struct running *r, const char *line);

/* Was all seen that may be old?  What was not, is unknown, and that is no pass. */
bool running_saw_all(const struct running *r);

/* Are two tellings alike, as far as findings go? */
bool running_same(const struct running *a, const struct running *b);

/* The system's unit that a process is of, by the text of its /proc/PID/cgroup; "-": none. */
void running_unit(const char *cgroup, char unit[RUNNING_UNIT]);

/* Adds a row for each package that waits for a restart of units, as bad as the feed says
 * (installed.h); `feed` may be NULL.  -ENOMEM. */
int running_add(int root, const struct running *r, const struct inventory *inv,
		const struct feed *feed, struct findings *f);
