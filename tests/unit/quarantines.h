/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A quarantine in a namespace of the test's own, whom it allows, and what nft(8) says of it. */
#pragma once

#include <arpa/inet.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/quarantine.h"
#include "tests/unit/netns.h"

#define LIST "nft list table inet lazaret"

static inline struct peer peer(const char *addr, uint8_t prefix, uint8_t proto, uint16_t port)
{
	struct peer p = { .family = strchr(addr, ':') ? AF_INET6 : AF_INET,
			  .proto = proto,
			  .prefix = prefix,
			  .port = port };

	assert_int_equal(inet_pton(p.family, addr, p.addr), 1);
	return p;
}

/* The number that a command prints. */
static inline int said(const char *command)
{
	return atoi(shown(command));
}
