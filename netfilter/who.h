/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which programs may use the quarantine's allow-list: those whose sockets were made in one
 * control group (cgroup v2), that of lazaret.slice, or every program.  The kernel compares the
 * group that lies `level` below the root of the hierarchy, as our cgroup namespace shows it.
 */
#pragma once

#include <stdint.h>

#include "agent/base/err.h"

struct nft;

struct who {
	uint32_t level; /* 0: every program */
	uint64_t id;	/* of the group: its inode */
};

/*
 * The group of the repair services: this process is one of its units.  -ENOENT where there is no
 * cgroup v2 or this process lies outside of such a slice, -EXDEV when a service of others that a
 * repair needs runs outside of it (it was started before its drop-in was there), -EOPNOTSUPP on
 * a kernel that cannot match (CONFIG_NFT_SOCKET, CONFIG_SOCK_CGROUP_DATA), with the reason; the
 * kernel is asked once a socket, by a table that is made and unmade in one transaction.  Where
 * memory or descriptors do not last to find out, it is the group of the list laid last
 * (nft->who), if that had one: what was the repair services' does not become everybody's by
 * that.
 */
int who_find(struct nft *nft, struct who *ret, struct fault *fault);
