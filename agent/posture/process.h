/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process's own data (proc(5)), below `root`/proc. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * When it was begun, in seconds of CLOCK_REALTIME as that counts now; execve(2) does not begin one.
 * -errno, -EPROTO for what is no stat.
 */
int process_begun(int root, long pid, int64_t *ret);

/* Its user ids, in the order of its status.  -errno, -EPROTO for what is no status. */
enum process_id { PROCESS_REAL, PROCESS_EFFECTIVE, PROCESS_SAVED, PROCESS_FILES, PROCESS_IDS };
int process_ids(int root, long pid, unsigned ret[PROCESS_IDS]);

/* Is one of its user ids root's?  What cannot be read counts as root's. */
bool process_is_roots(int root, long pid);
