/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/*
 * Sends a byte each to an IPv4 and an IPv6 address that are set aside for documentation (RFC 5737,
 * 3849), to the discard port: nobody is there, and no policy has a use for it.  FETCH_SAW_HELD
 * when this host's packet filter refused one, FETCH_SAW_LEAK when it let one out; 0 when there is
 * no route to either.
 */
uint32_t probe_forbidden(void);

/*
 * FETCH_SAW_ASTRAY when this process runs outside of the slice of the repair services: rules that
 * know those by it do not let it out.  0 otherwise.
 */
uint32_t probe_slice(void);
