/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes as the kernel takes them: as few ranges as there can be, and none over another. */
#pragma once

#include <stdint.h>

struct peer;

struct net {
	const struct peer *peer; /* its prefix, and its port as the first */
	uint16_t to;		 /* the last port */
};

/*
 * Drops what another one holds, and makes one of those that differ by ports in a row alone; each
 * comes with `to` as its peer's port.  How many are left, in some order.
 */
uint32_t nets_join(struct net *nets, uint32_t n);

/* The last address of the peer's prefix. */
void nets_last_address(const struct peer *p, uint8_t out[16]);
