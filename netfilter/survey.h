/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's nf_tables ruleset does with traffic nobody asked for, whoever
 * laid it: ufw, firewalld, nftables.service, iptables-nft or a hand.  Our own table does
 * not count, nor does a dormant one.
 *
 * Asked is about the first TCP or UDP packet of a new connection to this host, from an
 * address, by an interface and to a port that no rule names.  So a rule that accepts what it
 * names (a port, an interface, the members of a set) leaves the host closed, and one that accepts
 * all but what it names, all of a protocol, or most of a range of ports does not.  Where it
 * depends, the answer is open.
 *
 * Not seen: rules of iptables-legacy; drops at other hooks than input (prerouting, netdev ingress);
 * what elements a set has, even when they are everything there is; which interface is the
 * way to the world, so `iifname "eth0" accept` counts as a name; what iptables extensions
 * (xt matches) let through.
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
