/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fixed menu a policy chooses from: what can be looked at, what can be done.
 * A policy names rows of these tables and never carries a command.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum check {
	CHECK_PATCHES,
	CHECK_ANTIVIRUS,
	CHECK_FIREWALL,
	CHECK_COUNT,
};

enum remedy {
	REMEDY_PATCHES_INSTALL,
	REMEDY_SERVICES_RESTART,
	REMEDY_ANTIVIRUS_START,
	REMEDY_ANTIVIRUS_ENABLE,
	REMEDY_ANTIVIRUS_RESTORE,
	REMEDY_ANTIVIRUS_REINSTALL,
	REMEDY_FIREWALL_ENABLE,
	REMEDY_HOST_REBOOT, /* on no ladder: a requirement's `reboot` says when */
	REMEDY_COUNT,
};

#define REMEDY_LIMIT_MAX 7200 /* seconds; what its unit allows */

/* The name in policies and unit names, and which check it can mend. */
struct remedy_entry {
	const char *name; /* "antivirus-start" */
	enum check check; /* CHECK_COUNT: none lists it */
	unsigned limit; /* seconds it may take when the policy says nothing; 0: REMEDY_LIMIT_MAX */
	bool fetches;	/* it needs a network */
};

extern const char *const check_names[CHECK_COUNT];
extern const struct remedy_entry remedy_menu[REMEDY_COUNT];

/* How a patch that a host lacks stands; a policy says which of them make its check fail. */
enum patch_state {
	PATCH_AVAILABLE,   /* can be installed now */
	PATCH_RESTART,	   /* is installed, and what runs is older */
	PATCH_HELD,	   /* the administrator holds or pins the package */
	PATCH_NOT_OFFERED, /* there is a fix, but not for this host yet: phased, or in none of its
			      lists */
	PATCH_NO_FIX,	   /* there is none */
	PATCH_STATES,
};

/* What fails when a policy does not say. */
#define PATCHES_FAIL_ON (1u << PATCH_AVAILABLE | 1u << PATCH_RESTART)

extern const char *const patch_state_names[PATCH_STATES]; /* "fix-available", ... */

/* The row with that name, or -ENOENT. */
int check_find(const char *name);
int remedy_find(const char *name);

/* How many seconds it may take: what its row says, or less when the policy (0: nothing) does. */
unsigned remedy_limit(enum remedy remedy, uint64_t policy);
int patch_state_find(const char *name);
