/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/base/err.h"
#include "agent/remedy/lines.h"

#define STEP_OUTPUT_MAX (256 * 1024) /* bytes forwarded in one remedy; the rest is dropped */

/* Where the remedy's lines go, how much went there already, and when the remedy has to end. */
struct report {
	int fd;
	size_t sent;
	uint64_t end_ms; /* as io_awake_ms() counts; 0: nobody says */
	int owed;	 /* the error of the first step that failed and owes its fault; 0: none */
	struct fault owing; /* that fault */
};

/*
 * One thing to do.  Its program gets a fixed environment, nothing on standard
 * input and a process group of its own; past its time limit the group is ended.  A host that sleeps
 * amid it takes nothing from that time: dpkg is not to be ended because a lid was closed.
 */
struct step {
	const char *say;	 /* "starting ClamAV"; NULL: the step goes without saying */
	const char *const *argv; /* absolute path first, NULL last; or NULL and a function: */
	int (*call)(struct report *report, struct fault *fault);
	const char *needs; /* left out unless this path exists; NULL: always done */
	unsigned limit_s;  /* for argv */
	bool may_fail;	   /* its failure ends nothing */
	bool owes; /* and yet is kept in the report, for a later step to tell as the cause */
};

#define STEP_ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })

/*
 * Runs one program to its end.  0 when it exited with 0; -ETIMEDOUT, -ENOENT
 * and the like, or -EIO with its status and its last line as the fault, or the
 * first that tells a cause: apt-get and dnf go on to tell what comes of that.
 */
int step_exec(const char *const *argv, unsigned limit_s, struct report *report,
	      struct fault *fault);

/* The same, whose lines are taken and not reported. */
int step_read(const char *const *argv, unsigned limit_s, struct report *report, lines_take each,
	      void *ctx, struct fault *fault);

/*
 * Starts a program as the leader of a process group, with nothing on standard input; out and err
 * are the other two.  The caller awaits its end.  0 or -errno.
 */
int step_start(const char *const *argv, char *const *env, int out, int err, pid_t *ret);

/* Does the steps in their order until one fails that must not; a row of zeros ends them. */
int steps_run(const struct step *steps, struct report *report, struct fault *fault);

/* One line, cut when too long.  A reader that is slow or gone loses it: the work goes on. */
void report_line(struct report *report, const char *mark, const char *text);

/* How much of so many milliseconds the remedy may still take. */
uint64_t step_left(const struct report *report, uint64_t ms);

/* Waits in milliseconds: for programs that come up by themselves. */
void step_sleep(unsigned ms);
