/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Sends one frame by an AF_XDP socket, which goes past all of netfilter.  0 or -errno. */
int xdp_send(const char *dev, const uint8_t *frame, size_t len);
