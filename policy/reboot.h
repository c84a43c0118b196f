/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a host may be restarted for what is installed and does not run yet. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "policy/window.h"

struct reader;
struct member;

#define REBOOT_WINDOWS	  8
#define REBOOT_NOTICE	  900  /* seconds, when a policy does not say */
#define REBOOT_NOTICE_MAX 3600 /* a remedy may wait that long before it acts (menu.h) */

struct reboot_rule {
	bool given; /* its users are asked for a restart */
	struct window windows[REBOOT_WINDOWS];
	size_t n_windows;   /* 0: in no window it is restarted without them */
	bool despite_users; /* in a window it is, whoever is logged in */
	bool force;	    /* and at the deadline, window or not */
	uint64_t notice;    /* seconds that people are told ahead */
};

/* A row of a shape (reader.h): an object into a struct reboot_rule. */
int reboot_read(struct reader *r, const struct member *m, json_t *value, void *field);
