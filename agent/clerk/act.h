/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What somebody did at a certain time to what a requirement is about, as far as somebody else
 * than he wrote it down; and how lazaret-clerk tells lazaretd of it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/document.h"

#define ACT_TEXT 160

/* How near it comes to a proof. */
enum act_rank {
	ACT_BESIDE, /* it happened then, and may have been for this */
	ACT_DONE,   /* a command that names it and changes things */
	ACT_NAMED,  /* the same, and with the name of a user */
	ACT_RANKS,
};

struct act {
	int64_t at; /* seconds since 1970; what still goes on is of now */
	enum act_rank rank;
	char text[ACT_TEXT]; /* "sudo: alice ran /usr/bin/systemctl stop clamav-daemon" */
};

/* As a line, and back: false when it is none. */
#define ACT_LINE (POLICY_ID_MAX + ACT_TEXT + 40)
void act_say(const char *requirement, const struct act *a, char line[ACT_LINE]);
bool act_hear(const char *line, char requirement[POLICY_ID_MAX], struct act *ret);
