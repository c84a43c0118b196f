/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lets the N-th system call of a process fail, seen from its parent (seccomp_unotify(2)), or the
 * N-th piece of memory it asks for.  Only what the code under test does counts, that is while
 * `turn` is set; helpers that it starts are left alone.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#define INJECT_MAX 8192 /* of one beginning */

/* Shared by the two. */
struct inject {
	volatile bool turn;
	bool memory;			 /* what fails is memory, not system calls */
	unsigned at;			 /* which one, from 1; 0: none */
	unsigned which;			 /* of the faults that fit a call, from 0 */
	unsigned seen;			 /* so many there were; whoever sets it to 0 begins anew */
	int call, err;			 /* what failed, and how; err 0: nothing has */
	unsigned char kinds[INJECT_MAX]; /* how many faults fit the N-th, the most that were seen */
	volatile int listener;
};

struct inject *inject_new(void);
void inject_free(struct inject *i);

/* In the child, at its beginning. */
void inject_me(struct inject *i);
/* In the parent, until the child has ended; its status, as wait(2) has it. */
int inject_follow(struct inject *i, pid_t child);

const char *inject_name(const struct inject *i); /* what failed */

/* For the functions that allocate. */
bool inject_memory(void);
