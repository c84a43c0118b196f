/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of who guards the quarantine: a host with a link to a peer, each in a network
 * namespace without a name; packets to a port that the policy allows and to one that it does
 * not; and lazaretd with a policy accepted already, so that it quarantines this host at once.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#define GUARD_FIREWALL 3

struct guard {
	char dir[64];	      /* configuration, store and the daemon's journal */
	pid_t far;	      /* keeps the peer's namespace */
	int send[2], take[2]; /* sockets: 0 allowed, 1 forbidden */
	unsigned got[2];      /* packets that arrived there */
	pid_t daemon;
};

/* Ends the test when something cannot be made.  The caller is in the host's namespace after it. */
void guard_begin(struct guard *g);
void guard_end(struct guard *g);

/* The daemon is $O/agent/lazaretd; it is dead after guard_kill(). */
void guard_start(struct guard *g);
void guard_kill(struct guard *g);

/*
 * Puts a generation of the policy in force at the next start: 1 and 2, which differ in a
 * peer, want an antivirus, and GUARD_FIREWALL a firewall.
 */
void guard_policy(struct guard *g, unsigned n);

/*
 * One packet to each port, and what has arrived is counted; then for so long (on this machine),
 * over and over.
 */
void guard_shoot(struct guard *g);
void guard_shoot_for(struct guard *g, uint64_t usec);

uint64_t guard_now(void); /* CLOCK_MONOTONIC, microseconds */

/* How long this machine may take for what a real one does in so long: $GUARD_SLOW times that. */
uint64_t guard_time(uint64_t usec);
void guard_sleep(uint64_t usec);
