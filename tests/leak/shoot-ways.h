/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ways by which a program may send a packet: sockets, frames, devices. */
#pragma once

#include <stdbool.h>

#include "tests/leak/packet.h"

#define WAY_ABSENT 77 /* this kernel has no such thing; also the exit status */

struct options {
	struct shot shot;
	const char *dev;
	const char *how; /* a program hands its data over: see send.h */
	bool wait;	 /* for the answer, so that TCP gets to its data */
	bool mapped;	 /* IPv4 by an IPv6 socket */
	bool spoofed;	 /* bind to an address that is not ours */
	bool mptcp;
	bool named; /* bind the socket to the device */
	int mark;
	int count; /* of the same, one after the other */
	int hold;  /* milliseconds that an AF_XDP socket stays afterwards */
};

/*
 * Whether it arrives is for the far side to see, so a refusal is no failure.  0, -1 when nothing
 * was tried, or -WAY_ABSENT.
 */
struct way {
	const char *name;
	bool all; /* it sends all of `count` at once */
	int (*send)(const struct options *o);
};

extern const struct way ways[]; /* the last has no name */
