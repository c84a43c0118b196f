/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets of this network namespace that wait for anybody (sock_diag(7), linux/inet_diag.h): TCP
 * and SCTP that listen, UDP, UDP-Lite and raw ones that are not connected.  Those that only this
 * host reaches, on loopback, and those bound to a group are left out.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

struct nlmsghdr;

#define LISTENERS_MAX 256 /* told one by one */
#define LISTEN_KINDS  5	  /* TCP, UDP, UDP-Lite, SCTP, raw */

struct listener {
	uint8_t family; /* NFPROTO_IPV4 or NFPROTO_IPV6 */
	bool both;	/* of IPv6, and takes IPv4 as well */
	uint8_t protocol;
	uint16_t port;	  /* host order; 0 for a raw socket */
	uint8_t addr[16]; /* where it is bound; zeros: anywhere */
	uint32_t uid;
	uint64_t cgroup; /* inode of the cgroup that opened it; 0: the kernel does not say */
	uint32_t inode;	 /* of the first such socket */
};

/*
 * Anybody may open more sockets than are worth telling.  So the list is of the first ones, and
 * where somebody waits is kept of them all.
 */
struct listeners {
	struct listener list[LISTENERS_MAX];
	size_t n, all;				   /* kept, each once; seen */
	uint64_t ports[2][LISTEN_KINDS][1u << 10]; /* a bit each: listen_ports() */
};

/*
 * Needs no privilege.  -EPROTONOSUPPORT when the kernel has no sock_diag for TCP or UDP; the
 * other protocols are passed over where it has none for them.
 */
int listen_read(struct listeners *ret, struct fault *fault);

/* Every port once, those of a family and protocol one after the other, upwards. */
typedef void (*listen_each)(void *ctx, uint8_t family, uint8_t protocol, uint16_t port);
void listen_ports(const struct listeners *l, listen_each each, void *ctx);

/* Takes one SOCK_DIAG_BY_FAMILY message; -EBADMSG for what is none. */
int listen_take(struct listeners *l, uint8_t protocol, const struct nlmsghdr *h);
