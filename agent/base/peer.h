/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A TCP peer as text: 192.0.2.1:443 or [2001:db8::1]:443, as files of addresses have it. */
#pragma once

#include "agent/base/allow.h"

#define PEER_TEXT 56

/* A single address and its port.  -EINVAL for anything else. */
int peer_read(const char *text, struct peer *ret);

/* The same the other way round, in `out`. */
const char *peer_text(const struct peer *p, char out[PEER_TEXT]);
