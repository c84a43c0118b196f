/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts of an allow-list that are named rather than numbered: what a resolver says of them
 * counts as far as the policy signed it, and no further.
 */
#pragma once

#include "agent/base/allow.h"
#include "agent/base/err.h"

#define FOUND_MAX 32 /* addresses of a name */

/* What a name resolves to. */
struct found {
	struct name name;
	size_t n;
	struct prefix at[FOUND_MAX]; /* single addresses */
};

/*
 * Takes the name of a host (RFC 1123 section 2.1), its letters made small: two labels at least,
 * or it would depend on the search list of the machine.  `service`: a label may begin with '_',
 * as that of an SRV record does (RFC 2782).  -EINVAL with the reason.
 */
int name_read(const char *text, bool service, struct name *ret, struct fault *fault);

/*
 * May the host be at this address?  Where the policy says `within`, it decides; where not, any
 * address will do that can be another machine's: not loopback, link-local, multicast, or none.
 */
bool named_admits(const struct named *h, const struct prefix *a);

/*
 * The allow-list with its hosts resolved: of what was found, each address that its host admits,
 * at the host's ports; of a host without any, what the policy signed `instead`.  `more` names may
 * be asked, too.  The result has no hosts and nothing
 * that is `open`, and is freed with allow_free().  -ENOMEM.
 */
int allow_resolve(const struct allow *a, const struct found *found, size_t n_found,
		  const struct name *more, size_t n_more, struct allow *ret);

/* Adds a name that is not there yet; the array has room. */
void names_add(struct name *names, size_t *n, const struct name *one);
