// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/peer.h"
#include "agent/widen.h"

#define PORT_DNS 53

static bool has_resolver(const struct allow *list)
{
	bool found = list->dns_any;

	for (size_t i = 0; !found && i < list->n_out; i++)
		found = list->out[i].port == PORT_DNS;
	return found;
}

bool widen_names(const struct allow *list, const struct peer *server)
{
	for (size_t i = 0; i < list->n_out; i++) {
		const struct peer *p = &list->out[i];
		struct prefix at = { .family = p->family, .prefix = p->prefix };

		memcpy(at.addr, p->addr, sizeof(at.addr));
		if (p->proto == server->proto && p->port == server->port &&
		    prefix_holds(&at, server->family, server->addr))
			return true;
	}
	return false;
}

static bool is_among(const struct peer *peers, size_t n, const struct peer *p)
{
	return widen_names(&(struct allow){ .out = (struct peer *)peers, .n_out = n }, p);
}

static bool add_known(struct wider *w, const struct allow *signed_, const struct peer *p,
		      const struct served *known, const struct allow *good)
{
	if (w->n == SERVED_MAX || widen_names(signed_, p) || is_among(w->at, w->n, p) ||
	    !(is_among(known->at, known->n, p) || widen_names(good, p)))
		return false;
	w->at[w->n++] = *p;
	return true;
}

bool wider_add(struct wider *w, const struct allow *signed_, const struct trial_seen *seen,
	       bool apart, const struct served *known, const struct allow *good)
{
	const struct wider before = *w;
	bool more = false;

	w->everyone |= apart && seen->saw & FETCH_SAW_ASTRAY;
	w->dns_any |= seen->saw & FETCH_SAW_NO_NAME && !has_resolver(signed_);
	for (size_t i = 0; i < seen->n_refused; i++)
		more |= add_known(w, signed_, &seen->refused[i], known, good);
	return more || w->everyone != before.everyone || w->dns_any != before.dns_any;
}

bool wider_trim(struct wider *w, unsigned saw, const struct peer *server)
{
	const struct wider before = *w;

	w->everyone &= !!(saw & FETCH_SAW_ASTRAY);
	w->n = is_among(w->at, w->n, server);
	if (w->n)
		w->at[0] = *server;
	return w->n != before.n || w->everyone != before.everyone;
}

bool wider_is(const struct wider *w)
{
	return w->n || w->everyone || w->dns_any;
}

const char *wider_why(const struct wider *w, char *out, size_t room)
{
	const char *const reasons[] = {
		w->n ? "servers that were known before are open beside it, since it shuts them out"
		     : NULL,
		w->dns_any ? "any resolver is open beside it, since it names none" : NULL,
		w->everyone ? "it is open to every program, since lazaret-fetch runs outside of "
			      "lazaret.slice"
			    : NULL,
	};

	*out = '\0';
	for (size_t i = 0; i < COUNT(reasons); i++) {
		size_t at = strlen(out);

		if (reasons[i])
			snprintf(out + at, room - at, "%s%s", at ? "; " : "", reasons[i]);
	}
	return out;
}

int widen(const struct allow *signed_, const struct wider *w, struct allow *ret)
{
	struct allow list = *signed_;
	_free_ struct peer *out = calloc(signed_->n_out + SERVED_MAX, sizeof(*out));

	if (!out)
		return -ENOMEM;
	if (signed_->n_out)
		memcpy(out, signed_->out, signed_->n_out * sizeof(*out));
	memcpy(out + signed_->n_out, w->at, w->n * sizeof(*out));
	list.n_out = peers_merge(out, signed_->n_out + w->n);
	if (list.n_out > ALLOW_PEERS_MAX)
		return -E2BIG;
	list.everyone |= w->everyone;
	list.dns_any |= w->dns_any;
	list.out = take(out);
	*ret = list;
	return 0;
}
