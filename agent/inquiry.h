/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who undid it: when a requirement begins to fail, or one more fault of it does, lazaret-clerk is
 * asked what others wrote down of that time, and the kernel's word on changed firewall rules is
 * kept.  Nothing waits for it but the line about a tug-of-war.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/clerk/act.h"

struct daemon;
struct subject;

struct inquiry {
	bool stood;	      /* it passed since it last failed */
	bool asked;	      /* lazaret-clerk is, and has not answered */
	bool tugged;	      /* then a tug-of-war is to be told */
	int64_t passed, fell; /* the last look that passed, the first that failed; or 0 */
	int64_t before, last; /* the last two looks, and whatever they saw; or 0 */
	int64_t answered;     /* when it was last told what was done; or 0 */
	struct act known;     /* what was */
	struct act act;	      /* the best so far */
	char hands[76];	      /* who changed firewall rules, as the kernel says; or empty */
};

/* After each look at a requirement. */
void inquiry_look(struct daemon *d, struct subject *s);
/* What passed at the look before fails now, while other things do. */
void inquiry_again(struct daemon *d, struct subject *s);

/* After each round: how updaters fare is asked for from time to time. */
void inquiry_round(struct daemon *d);
/* A round that cannot judge before lazaret-clerk has answered once: it comes when it has. */
bool inquiry_awaited(struct daemon *d);

/* It has failed again once too often: mend_tell_tug() as soon as it is known who it was. */
void inquiry_tug(struct daemon *d, struct subject *s);
