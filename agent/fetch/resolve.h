/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses of a name, as the host's own resolver has them. */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

#include "agent/base/err.h"
#include "agent/base/wire.h"

#define ADDRESSES_MAX 8

struct addresses {
	unsigned n;
	struct address {
		socklen_t len;
		struct sockaddr_storage to;
	} at[ADDRESSES_MAX];
};

/*
 * Asks the host's resolver for the TCP addresses of a name, the best first as it sees
 * them (RFC 6724); what is already an address stays one.  -EHOSTUNREACH when there is none,
 * -ETIMEDOUT at the deadline (io_boot_ms()), with the reason.
 */
int resolve(const char *host, const char *port, uint64_t end, struct addresses *ret,
	    struct fault *fault);

/* As it is told (wire.h). */
struct fetch_server address_told(const struct address *a);

/* Families in turn, beginning with that of the best (RFC 8305 section 4). */
void resolve_interleave(struct addresses *a);
