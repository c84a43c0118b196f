/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define XDP_MANY 128

/*
 * Sends a frame `many` times (to XDP_MANY) by an AF_XDP socket, which goes past all of netfilter,
 * and keeps the socket for so long.  0 or -errno.
 */
int xdp_send(const char *dev, const uint8_t *frame, size_t len, unsigned many, int hold_ms);
