/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd's file descriptor store (FileDescriptorStoreMax=, sd_pid_notify_with_fds(3)). */
#pragma once

#include "agent/base/cleanup.h"

/*
 * The descriptor of that name which an earlier process of this service left there, or -ENOENT.
 * To be asked once, first thing: descriptors of other names are closed.
 */
int fdstore_take(const char *name);

/*
 * Leaves a copy for the next process; one that is there already is not kept twice.  1 when
 * systemd has it, 0 without systemd, or -errno.
 */
int fdstore_keep(const char *name, int fd);
