// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "agent/base/named.h"
#include "policy/allow-lists.h"

void allow_lists_free(struct allow_lists *l)
{
	free(l->out.peers);
	free(l->in.peers);
	free(l->named);
	free(l->names);
}

int allow_add_peer(struct reader *r, struct peer_list *l, const struct peer *peer)
{
	struct peer *p;

	if (l->n == ALLOW_PEERS_MAX)
		return reader_refuse(r, "more than %d addresses and ports", ALLOW_PEERS_MAX);
	p = array_grow(l->peers, l->n, &l->room, sizeof(*p));
	if (!p)
		return -ENOMEM;
	l->peers = p;
	l->peers[l->n++] = *peer;
	return 0;
}

int allow_add_name(struct reader *r, struct allow_lists *l, const struct name *name)
{
	if (!l->names)
		l->names = calloc(ALLOW_NAMES_MAX, sizeof(*l->names));
	if (!l->names)
		return -ENOMEM;
	if (l->n_names == ALLOW_NAMES_MAX)
		return reader_refuse(r, "more than %d names", ALLOW_NAMES_MAX);
	names_add(l->names, &l->n_names, name);
	return 0;
}

int allow_add_named(struct reader *r, struct allow_lists *l, const struct named *h)
{
	if (!l->named)
		l->named = calloc(ALLOW_NAMED_MAX, sizeof(*l->named));
	if (!l->named)
		return -ENOMEM;
	if (l->n_named == ALLOW_NAMED_MAX)
		return reader_refuse(r, "more than %d hosts by name", ALLOW_NAMED_MAX);
	l->named[l->n_named++] = *h;
	return allow_add_name(r, l, &h->name);
}

int allow_add_tunnel(struct reader *r, struct allow_lists *l, const char *name)
{
	if (l->n_tunnels == ALLOW_TUNNELS_MAX)
		return reader_refuse(r, "more than %d tunnels", ALLOW_TUNNELS_MAX);
	strcpy(l->tunnels[l->n_tunnels++], name);
	return 0;
}
