/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scanner of opened files watches (proc(5), fdinfo of fanotify). */
#pragma once

#include <sys/types.h>

/*
 * How many places, below `root`/proc; 0 of a process that is not there any more.  Or -errno.  Those
 * that it watches as mounts of its own, which the manager (process 1) does not have, are none.
 */
int watched_places(int root, pid_t pid);
