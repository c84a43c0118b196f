/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * How many seconds the resolver's answer about a name's addresses holds, the shortest of its
 * records and of the aliases before them; 0 when it does not say (the name may be of the hosts
 * file).  getaddrinfo(3) does not tell, so this asks for itself.
 */
uint32_t ttl_ask(const char *name);

/* The same from one answer (RFC 1035); 0 for what cannot be read, or has no record. */
uint32_t ttl_read(const uint8_t *answer, size_t len);
