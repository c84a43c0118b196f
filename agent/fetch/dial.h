/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TCP connection by name.  Deadlines are moments of io_boot_ms(), and end early, with -ECANCELED,
 * when whoever asked has hung up.
 */
#pragma once

#include <stdint.h>

#include "agent/base/err.h"

#define DIAL_ASKER 0 /* the descriptor whose other end he holds */

struct addresses;

/*
 * Resolves the name and tries its addresses, at most eight of them, families in turn: one
 * begins when one failed, or a quarter of a second after the one before; whoever is
 * connected first wins ("happy eyeballs", RFC 8305).  Answers a descriptor (non-blocking,
 * close-on-exec, without Nagle's delay), or -errno with the reason: -EHOSTUNREACH
 * when the name does not resolve, -ETIMEDOUT, -ECANCELED, -EPERM when the host's own packet filter
 * refuses what is sent there, or what connect(2) said last.  `refused`, which may be NULL, gets the
 * addresses that the filter refused, also when another one answered.
 */
int dial(const char *host, const char *port, uint64_t end, struct addresses *refused,
	 struct fault *fault);

/* Waits for poll(2)'s events.  0, -ETIMEDOUT at the deadline, -ECANCELED, or -errno. */
int dial_wait(int fd, short events, uint64_t end);
