/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/types.h>

/*
 * Follows a process (pidfd_open(2), which this libc may not have): a descriptor that polls readable
 * once it has ended, closed on exec.  -ESRCH when there is none, -errno.
 */
int pidfd_of(pid_t pid);
