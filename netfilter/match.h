/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What iptables' matching extensions ask for, as iptables-nft leaves it in a rule. */
#pragma once

#include "netfilter/weigh.h"

/*
 * The share (netfilter/share.h) of the packets like the probe that a match lets through;
 * SHARE_DOUBT for those we cannot read.  `info` is NFTA_MATCH_INFO: the extension's own struct
 * (linux/netfilter/xt_*.h), of its revision NFTA_MATCH_REV.
 */
uint64_t match_share(const char *name, uint32_t revision, const void *info, size_t len,
		     const struct probe *probe);
