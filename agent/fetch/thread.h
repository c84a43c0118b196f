/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Starts a thread that nobody waits for: what it is given is its own, and the end of the
 * program ends it, too.  For getaddrinfo(3), which has no deadline.
 */
int thread_start(void *(*run)(void *arg), void *arg);
