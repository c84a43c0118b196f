/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses by which others come to this host, as rtnetlink(7) tells them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

struct nlmsghdr;

#define ADDRESSES_MAX 4096

/* Loopback's own (127.0.0.0/8, ::1) are left out. */
struct addresses {
	struct address {
		uint8_t family; /* NFPROTO_IPV4 or NFPROTO_IPV6 */
		uint8_t bytes[16];
	} * list;
	size_t n, room;
	bool more; /* there are more than are kept */
};

/* Release with addresses_free().  -EINTR when they changed meanwhile, -ETIMEDOUT, -ENOMEM, ... */
int addresses_read(struct addresses *ret, struct fault *fault);
void addresses_free(struct addresses *a); /* frees the list, not a itself, and clears it */

/* Takes one message of the answer; what is no address of this host is passed over.  -ENOMEM. */
int addresses_take(struct addresses *a, const struct nlmsghdr *h);

/*
 * Does one of them, of the first `len` bytes those that are set in `mask` (NULL: all), lie in a
 * range with its ends?  When there are more than are kept, one may.
 */
bool addresses_within(const struct addresses *a, uint8_t family, const uint8_t *from,
		      const uint8_t *to, const uint8_t *mask, size_t len);
