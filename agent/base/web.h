/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address of a page (RFC 3986), as a stranger may give one: taken apart as far as it takes to
 * know which machine it leads to, and shown only when no byte of it can mislead who reads it.
 */
#pragma once

#include "agent/base/allow.h"
#include "agent/base/err.h"

#define WEB_TEXT_MAX 1024

struct web {
	bool tls;			/* https, else http */
	struct name host;		/* as name_read() has it; empty when it is an address */
	struct prefix at;		/* that address; family 0 for a name */
	uint16_t port;			/* host order; the scheme's when there was none */
	char authority[NAMED_ROOM + 8]; /* host[:port], as written */
	char text[WEB_TEXT_MAX];	/* all of it, without a fragment */
	size_t path; /* where in the text path and query begin; they may be empty */
};

/*
 * Takes http://HOST[:PORT][PATH][?QUERY] and https:// alike.  -EINVAL and the reason for another
 * scheme, a user before the host, a host that is neither a whole name nor an address, and bytes
 * that RFC 3986 has no place for; -E2BIG for one that is too long.
 */
int web_read(const char *text, struct web *ret, struct fault *fault);
