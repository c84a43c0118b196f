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
#define ALLOW_NAMED_MAX 64
#define ALLOW_NAMES_MAX 128
#define ALLOW_OPEN_MAX	1024

#define ALLOW_TUNNELS_MAX 16
#define TUNNEL_ROOM	  16 /* IFNAMSIZ */

#define NAMED_LENGTH	 200 /* characters; netfilter/question.h says why no more */
#define NAMED_ROOM	 (NAMED_LENGTH + 1)
#define NAMED_PORTS_MAX	 16
#define NAMED_PLACES_MAX 32

struct peer {
	uint8_t family;	  /* AF_INET or AF_INET6 */
	uint8_t proto;	  /* IPPROTO_TCP or IPPROTO_UDP */
	uint8_t prefix;	  /* 32 or 128 for a single address */
	bool anyone;	  /* of `out`: for every program, the endpoint of a VPN */
	uint16_t port;	  /* host order: theirs in `out`, ours in `in`; never 0 */
	uint8_t addr[16]; /* network order; IPv4 in the first four; no bit past the prefix */
};

/* Addresses alone, as in struct peer. */
struct prefix {
	uint8_t family, prefix;
	uint8_t addr[16];
};

struct port {
	uint8_t proto;
	uint16_t number; /* host order; never 0 */
};

struct name {
	char text[NAMED_ROOM]; /* "deb.debian.org": small letters, no dot at the end */
};

/* A peer whose addresses a resolver says, as far as this believes it. */
struct named {
	struct name name;
	struct port ports[NAMED_PORTS_MAX];
	size_t n_ports;
	bool anyone;				/* as of struct peer */
	struct prefix within[NAMED_PLACES_MAX]; /* all that it may resolve to; none: anything */
	size_t n_within;
	struct prefix instead[NAMED_PLACES_MAX]; /* open while it resolves to nothing */
	size_t n_instead;
};

struct allow {
	struct peer *out; /* we may talk to these: policy servers, mirrors, resolvers, time */
	size_t n_out;
	struct peer *in; /* these may talk to us: the helpdesk */
	size_t n_in;
	struct named *named; /* ... and to these, once they are resolved (named.h) */
	size_t n_named;
	struct name *names; /* what resolvers may be asked when dns_bound; none twice */
	size_t n_names;
	char tunnels[ALLOW_TUNNELS_MAX][TUNNEL_ROOM]; /* links of VPNs by which repair may go */
	size_t n_tunnels;
	struct peer *open; /* every program may talk to these: single addresses, TCP */
	size_t n_open;
	uint32_t open_for; /* seconds from when they are laid; then the kernel closes them */
	struct name *open_names; /* every program may ask any resolver for these, when dns_any */
	size_t n_open_names;
	bool dns_any;	/* any resolver, port 53; for hosts that roam */
	bool dns_bound; /* UDP port 53 carries questions for `names` alone */
	bool dhcp_any;	/* any DHCP and DHCPv6 server */
	bool everyone; /* every program may talk to `out` and resolvers; else the repair services */
};

void allow_free(struct allow *a); /* frees the arrays, not a itself, and clears it */

/* Sorts peers, and leaves out what another one covers: no two overlap.  How many are left. */
size_t peers_merge(struct peer *peers, size_t n);

unsigned family_bits(uint8_t family); /* 32 or 128 */

/* Is the address (16 bytes, as in struct peer) in there? */
bool prefix_holds(const struct prefix *p, uint8_t family, const uint8_t *addr);
