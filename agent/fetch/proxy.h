/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A way through an HTTP proxy: CONNECT (RFC 9110 section 9.3.6), TLS begins behind it. */
#pragma once

#include <stdint.h>

#include "agent/base/err.h"
#include "agent/fetch/url.h"

#define PROXY_LOGIN_MAX 512

struct proxy {
	char host[URL_HOST_MAX]; /* a name or an address; empty: no proxy */
	char port[6];
	char login[PROXY_LOGIN_MAX]; /* Basic credentials as they are sent, RFC 7617; or empty */
};

/*
 * http://[user:password@]host:port[/]; user and password percent-encoded, an IPv6 address in
 * brackets.  -EINVAL with a reason that does not repeat the password.
 */
int proxy_parse(const char *text, struct proxy *ret, struct fault *fault);

/*
 * Makes of a connection to the proxy one to host and port.  -EACCES when the proxy forbids
 * it or does not accept the login, -EHOSTUNREACH when it does not get there, -EPROTO,
 * -ECONNRESET, -ETIMEDOUT at `end` (io_boot_ms()); with the reason, proxy included.
 */
int proxy_connect(const struct proxy *p, int fd, const char *host, const char *port, uint64_t end,
		  struct fault *fault);
