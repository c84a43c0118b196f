/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulated host: the daemon itself, in this process and a network namespace of its own, with the
 * kernel's real links, routes, rules and files, the real lazaret-vet, and clocks that are the
 * test's.  What fails here ends the process with a line on standard error.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/daemon.h"

#define HOST_SECOND 1000000000ull

#define HOST_REQUIREMENTS 2
#define HOST_WEBS	  4

/* What `lazaret status` says, and what is so. */
struct host_view {
	char state[16];
	bool quarantine; /* says status */
	bool held;	 /* the kernel refuses a packet */
	char fault[240]; /* why the quarantine is not as it should be, says status */
	int64_t now;
	size_t n;
	struct {
		char grade[8], standing[12];
		int64_t until;
	} of[HOST_REQUIREMENTS];
};

struct simulated {
	char path[80]; /* holds state/, run/, root/, and the link web */
	struct config *config;
	struct sd_event *loop;
	struct daemon *daemon; /* NULL: it is not running */
	volatile bool *turn;   /* whether the daemon's code runs now, and not the test's */
	int probe;
	struct host_view seen; /* by host_look(), the last time */
};

void host_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
void host_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * Adds to a lab what hosts need: bin/, the helpdesk's key, and policies with these members.  The
 * folders web1/ to web4/ are what a server has, one after the other; they differ in an address that
 * is allowed, 192.0.2.71 to .74.
 */
struct lab;
void host_lab(struct lab *l, const char *members);

/* In this process, which enters a network namespace.  turn may be NULL. */
void host_make(struct simulated *s, const struct lab *l, const char *name, volatile bool *turn);
void host_drop(struct simulated *s);

/* What the policy server has from now on, from 1. */
void host_serve(const struct simulated *s, unsigned web);

/* 0, or -errno when it did not start; the next call tries again. */
int host_start(struct simulated *s);
void host_stop(struct simulated *s);

/* Until nothing is left to do without time passing, but for bursts of events. */
void host_settle(struct simulated *s);
/* The next timer, but no more than so many ns; and settles. */
void host_wait(struct simulated *s, uint64_t most);

/* What the daemon answers at its socket; the caller frees it.  NULL: it hung up. */
char *host_ask(struct simulated *s, const char *verb);
/* The user asks the helpdesk for a release of an hour, and tries again, until it is there. */
void host_release(struct simulated *s);
/* Asks for the status and fails when that is not what is so. */
void host_look(struct simulated *s, struct host_view *ret);
