/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet as a program with CAP_NET_RAW may write it: right in all its checksums, and odd
 * in exactly what was asked for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX 2048

struct shot {
	bool v6;
	const char *token; /* what the far side looks for */
	uint8_t from[16], to[16];
	uint16_t sport, dport;
	uint8_t proto; /* of what IP carries; UDP, TCP, ICMP and ICMPv6 get their headers */
	uint8_t type, code, rest; /* of ICMP */
	uint8_t flags;		  /* of TCP */
	uint8_t hops;
	uint16_t offset; /* of a fragment, in units of 8 bytes */
	bool more;	 /* fragments follow */
	const char *odd; /* an IPv4 option or IPv6 extension header: see packet.c */
	uint8_t via[16]; /* the last stop of a source route */
	const char *data;
	/* Ethernet */
	uint8_t smac[6], dmac[6];
	uint16_t ether, vlan, outer; /* type; tags, 0: none */
	bool trailer;		     /* the token also behind the packet's end */
};

/* The IP packet, its length; 0 when the shot asks for what there is not. */
size_t packet_ip(const struct shot *s, uint8_t *out);

/* The Ethernet frame around it, or around the data alone for other types than IP. */
size_t packet_frame(const struct shot *s, uint8_t *out);
