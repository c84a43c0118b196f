/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CGROUP_NAME_MAX 96 /* of longer names the begin; no line tells so much */

/*
 * Names the units of cgroups by their ids, which are inodes of cgroup2's file system (cgroups(7)):
 * "ssh.service", or its last scope or folder; "" for those that are gone or too deep.  Needs
 * no privilege, other than asking processes for their sockets.
 */
struct cgroup_name {
	uint64_t id;
	char name[CGROUP_NAME_MAX];
};
void cgroup_names(int root, struct cgroup_name *list, size_t n);

/* The same of a process that runs; "" when it has ended, or is of no unit. */
void cgroup_of(int root, long pid, char unit[CGROUP_NAME_MAX]);
