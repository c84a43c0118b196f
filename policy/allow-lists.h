/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the members of `allow` are read into, one after the other, before it is a struct allow. */
#pragma once

#include "agent/base/allow.h"
#include "policy/reader.h"

struct peer_list {
	struct peer *peers;
	size_t n, room;
};

struct allow_lists {
	struct peer_list out, in;
	struct named *named;
	size_t n_named;
	struct name *names;
	size_t n_names;
	char tunnels[ALLOW_TUNNELS_MAX][TUNNEL_ROOM];
	size_t n_tunnels;
	bool dns_any, dns_bound, dhcp_any, everyone;
};

/* Frees what they have, not l itself. */
void allow_lists_free(struct allow_lists *l);

/* Each adds a copy: 0, -ENOMEM, or the refusal of one too many.  A host is among the names, too. */
int allow_add_peer(struct reader *r, struct peer_list *list, const struct peer *peer);
int allow_add_name(struct reader *r, struct allow_lists *l, const struct name *name);
int allow_add_named(struct reader *r, struct allow_lists *l, const struct named *h);
int allow_add_tunnel(struct reader *r, struct allow_lists *l, const char *name);
