/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whom a quarantined host may still talk to: plain values, the words that
 * policy/ (which reads them) and netfilter/ (which opens them) share.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALLOW_PEERS_MAX 131072

struct peer {
	uint8_t family;	  /* AF_INET or AF_INET6 */
	uint8_t proto;	  /* IPPROTO_TCP or IPPROTO_UDP */
	uint8_t prefix;	  /* 32 or 128 for a single address */
	uint16_t port;	  /* host order: theirs in `out`, ours in `in`; never 0 */
	uint8_t addr[16]; /* network order; IPv4 in the first four; no bit past the prefix */
};

struct allow {
	struct peer *out; /* we may talk to these: policy servers, mirrors, resolvers, time */
	size_t n_out;
	struct peer *in; /* these may talk to us: the helpdesk */
	size_t n_in;
	bool dns_any;  /* any resolver, port 53; for hosts that roam */
	bool dhcp_any; /* any DHCP and DHCPv6 server */
};

void allow_free(struct allow *a); /* frees the arrays, not a itself, and clears it */
