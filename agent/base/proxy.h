/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/base/wire.h"

/* What [Policy] Proxy= says when the environment decides. */
#define PROXY_ENVIRONMENT "environment"
#define PROXY_NONE	  "none"

/*
 * The proxy for an address, http://...; empty for none.  From the setting, or by it from
 * https_proxy and no_proxy in the environment (in capitals, too): there "http://" may be
 * missing, and no_proxy lists hosts, domains or "*", each with a port or without.
 * -ENAMETOOLONG.
 */
int proxy_choose(const char *setting, const char *url, char ret[WIRE_URL_MAX]);
