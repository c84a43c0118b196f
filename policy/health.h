/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs of vendors that say whether their product works: a fixed menu, of which a provider names
 * a row.  lazaret-health runs them, as a user who may do nothing (agent/remedy/health.h).
 */
#pragma once

#include <stddef.h>

#include "agent/base/err.h"

enum health {
	HEALTH_NONE,
	HEALTH_CLAMDSCAN, /* clamdscan(1) */
	HEALTH_MDATP,	  /* learn.microsoft.com/defender-endpoint/health-status */
	HEALTH_COUNT,
};

/* It works when it exits with 0 and all that is there is so. */
struct health_entry {
	const char *name;	  /* in providers */
	const char *const *argv;  /* absolute path first, NULL last */
	const char *says;	  /* what its output has, or NULL */
	const char *const *trues; /* its output is JSON whose members "a" and "a.b" are true; NULL
				     last, or NULL */
};

extern const struct health_entry health_menu[HEALTH_COUNT];

#define HEALTH_SOCKET "/run/lazaret/health.sock"
#define HEALTH_BYTE   '0' /* and the row: all that lazaret-health is told */

/* 0, or -EBADMSG and as fault what is not so in the output of a program that exited with 0. */
int health_judge(const struct health_entry *e, const char *text, size_t len, struct fault *fault);
