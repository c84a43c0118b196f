/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What iptables' targets do, as iptables-nft leaves them in a rule. */
#pragma once

#include "netfilter/weigh.h"

/* What a target does; one that we do not know may accept.  `info` is NFTA_TARGET_INFO, or NULL. */
enum effect target_effect(const char *name, const void *info, size_t len);
