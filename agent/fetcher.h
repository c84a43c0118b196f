/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "agent/helper.h"
#include "agent/mirrors.h"

/*
 * Asks lazaret-fetch for a session with this server, by lazaret.conf's CA, certificate and proxy;
 * flags are FETCH_PROBE or none, and report goes along with each request (wire.h).  The session's
 * descriptor, from which the answer is to come, or -errno.
 */
int fetcher_open(const struct helpers *helpers, struct mirror *mirror, uint32_t flags,
		 const char *report, struct fault *fault);
