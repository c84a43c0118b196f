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

#define LISTENERS_MAX 256

struct listener {
	uint8_t family; /* NFPROTO_IPV4 or NFPROTO_IPV6 */
	bool both;	/* of IPv6, and takes IPv4 as well */
	uint8_t protocol;
	uint16_t port;	  /* host order; 0 for a raw socket */
	uint8_t addr[16]; /* where it is bound; zeros: anywhere */
	uint32_t uid;
	uint64_t cgroup; /* inode of the cgroup that opened it; 0: the kernel does not say */
};

struct listeners {
	struct listener list[LISTENERS_MAX];
	size_t n, all; /* kept, each once; seen */
};

/*
 * Needs no privilege.  -EPROTONOSUPPORT when the kernel has no sock_diag for TCP or UDP; the
 * other protocols are passed over where it has none for them.
 */
int listen_read(struct listeners *ret, struct fault *fault);

/* Takes one SOCK_DIAG_BY_FAMILY message; -EBADMSG for what is none. */
int listen_take(struct listeners *l, uint8_t protocol, const struct nlmsghdr *h);
