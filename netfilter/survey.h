/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's nf_tables ruleset does with traffic nobody asked for, whoever
 * laid it: ufw, firewalld, nftables.service, iptables-nft or a hand.  Our own table does
 * not count.
 */
#pragma once

#include <stdbool.h>

#include "agent/base/err.h"

struct nft;

struct survey {
	/* Does a packet to this host that matches no condition end in drop or reject? */
	bool closed4, closed6;
	char by4[96], by6[96]; /* which chain closes it, "ip filter INPUT"; empty when open */
};

/* 0 and *ret; or -errno (-EINTR: the ruleset changed while it was read, twice). */
int survey_inbound(struct nft *nft, struct survey *ret, struct fault *fault);
