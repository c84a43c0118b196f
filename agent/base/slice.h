/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The slice that all repair services run in, on a host where systemd runs them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SLICE_NAME "lazaret.slice"

/* Of /proc/PID/cgroup: a line a hierarchy, paths of 4 KiB at most. */
#define SLICE_TEXT_MAX 65536

/*
 * The slice's path in cgroup v2 and its level below the root, from the text of /proc/PID/cgroup
 * (cgroups(7)); `path` gets the slice's.  -ENOENT when the process is in none, -ENAMETOOLONG.
 */
int slice_read(const char *text, char *path, size_t room, uint32_t *level);
