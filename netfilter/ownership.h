/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may change the quarantine's tables.  Linux 6.9 and newer let a socket own a table that
 * outlives it (NFT_TABLE_F_OWNER and _PERSIST): others get EPERM and their flushes pass it over.
 * Before that an owned table dies with its owner, which would open the host, so none is owned.
 */
#pragma once

#include <stdint.h>

#include "agent/base/err.h"

struct nft;

enum ownership {
	OWNERSHIP_NONE,	  /* anybody with CAP_NET_ADMIN may change the tables */
	OWNERSHIP_ORPHAN, /* so it is now, but a socket may come to own them as they are */
	OWNERSHIP_OWNED,  /* only this socket, and whoever holds a copy of it */
	OWNERSHIP_COUNT
};

extern const char *const ownership_names[OWNERSHIP_COUNT];

/*
 * The tables that this socket lays are `wanted` from now on, or NONE on a kernel that cannot;
 * nft->ownership says which.  Asked is by a table that is made and unmade in one transaction.
 */
int ownership_claim(struct nft *nft, enum ownership wanted, struct fault *fault);

/* The flags that a table is made with (NFTA_TABLE_FLAGS). */
uint32_t ownership_flags(enum ownership o);
