/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "agent/base/err.h"

/* A netlink socket to nf_tables; one thread, one request at a time. */
struct nft {
	int fd;
	uint32_t seq; /* of the next message */
};

/* -EAFNOSUPPORT or -EPROTONOSUPPORT on a kernel without nf_tables. */
int nft_open(struct nft *ret, struct fault *fault);
void nft_close(struct nft *nft);
