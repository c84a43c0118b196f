/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to a simulated host on a day, by random(3). */
#pragma once

#include "tests/sim/host.h"
#include "tests/unit/root.h"

/* In the order of the policy's requirements. */
enum wish { FIREWALL, GUARD, SUBJECTS };

#define DAY_KINDS 16

struct day {
	struct simulated host;
	struct root root;
	unsigned web;
	unsigned lives;		  /* how often it was started anew */
	bool remedy;		  /* what the host has for one works */
	bool wrong[SUBJECTS];	  /* what was done to the host last */
	uint64_t since[SUBJECTS]; /* when it was first seen to be so; 0: it is not */
	uint64_t well;		  /* since when nothing is wrong */
	int64_t ahead;		  /* by how much its clock is since the last start */
	uint64_t asleep;	  /* until when it may be held, as it was told that it will sleep */
	unsigned counts[DAY_KINDS]; /* of each kind of event */
	unsigned looks;
};

unsigned day_dice(unsigned sides);

/* Installs the service, and a firewall that is closed; the host is made and not started. */
void day_begin(struct day *d);

/* The service runs, or does not. */
void day_guard(struct day *d, bool runs);

/* One event. */
void day_happen(struct day *d);
const char *day_name(size_t kind); /* of events, for counts; NULL: there is no such kind */
