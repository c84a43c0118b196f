/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a batch is made of: for batch.c, which fills it, and commit.c, which sends it. */
#pragma once

#include "netfilter/batch.h"

/* Bytes that go out a second time, behind what is at `after` in the buffer. */
struct repeat {
	size_t after, at, len;
};

struct batch {
	struct nft *nft;
	uint8_t family;
	uint32_t first; /* sequence number of the opening message; the others follow */
	uint32_t n;	/* messages, the opening one included */
	int err;
	char *buf; /* of BATCH_MAX bytes */
	size_t len;
	struct repeat *repeats; /* in the order of `after` */
	size_t n_repeats, repeated;
	struct {
		size_t msg, at; /* where the open list of elements and its message are; 0: none */
		uint16_t type;
		const char *set;
	} list;
};
