/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lock as it is kept: locks-read.c reads three forms of them, and locks.c judges by them. */
#pragma once

#include "agent/posture/repos.h"

#define CONDITIONS_MAX 4

/* One thing that has to be so of a version. */
struct condition {
	bool of_arch;
	char op[4]; /* "=", "!=", "<", "<=", ">", ">="; "": a glob */
	const char *value;
};

struct lock {
	struct lock *next;
	struct pin pin;
	const char *name; /* a glob */
	bool only;	  /* all but what fits is kept back; else what fits is */
	bool stays;	  /* ... and what is installed and fits is not replaced */
	struct condition conditions[CONDITIONS_MAX];
	size_t n;
};
