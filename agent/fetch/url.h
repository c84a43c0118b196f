/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/base/err.h"
#include "agent/base/wire.h"

#define URL_HOST_MAX 254 /* RFC 1035 section 2.3.4: 253 characters */

/* The base of a session, https://host[:port]/folder/, taken apart (RFC 3986). */
struct url {
	char host[URL_HOST_MAX];
	char port[6];
	char folder[WIRE_URL_MAX]; /* begins and ends with '/' */
};

/*
 * Only https, only names: an address is refused, because mbedTLS 2.28 does not
 * compare it with a certificate's iPAddress.  -EINVAL with the reason.
 */
int url_parse(const char *base, struct url *ret, struct fault *fault);

/* Is this the name of a host (not an address), is this a port?  -EINVAL with the reason. */
int url_check_host(const char *host, struct fault *fault);
int url_check_port(const char *port, struct fault *fault);

/*
 * May this be appended to the folder?  Nothing in it leads out of the folder or
 * ends the path: no "..", no encoded dot, slash or backslash, no '?' or '#', no
 * blank or control byte, no '/' in front.  -EINVAL with the reason.
 */
int url_check_path(const char *path, struct fault *fault);
