// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/widen.h"

#define PORT_DNS 53

bool widen_resolves(const struct allow *list)
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

static size_t append(struct peer *to, size_t n, const struct peer *from, size_t more)
{
	if (more)
		memcpy(to + n, from, more * sizeof(*to));
	return n + more;
}

int widen(const struct allow *signed_, const struct allow *good, const struct served *known,
	  struct allow *ret)
{
	const struct allow none = { 0 }, *old = good ? good : &none;
	struct allow list = *signed_;
	_free_ struct peer *out = NULL;
	size_t n;

	n = signed_->n_out + old->n_out + known->n;
	out = calloc(n ? n : 1, sizeof(*out));
	if (!out)
		return -ENOMEM;
	n = append(out, 0, signed_->out, signed_->n_out);
	n = append(out, n, old->out, old->n_out);
	n = append(out, n, known->at, known->n);
	list.n_out = peers_merge(out, n);
	if (list.n_out > ALLOW_PEERS_MAX)
		return -E2BIG;
	list.out = out;
	list.everyone = true;
	list.dhcp_any = true;
	list.dns_any |= old->dns_any || !widen_resolves(&list);
	if (list.dns_any == signed_->dns_any && list.n_out == signed_->n_out &&
	    (!list.n_out || !memcmp(out, signed_->out, list.n_out * sizeof(*out))))
		return -EALREADY;
	list.out = take(out);
	*ret = list;
	return 0;
}
