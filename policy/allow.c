// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/named.h"
#include "policy/allow.h"
#include "policy/place.h"

#define PORT_DNS 53
#define PORT_NTP 123

struct list {
	struct peer *peers;
	size_t n, room;
};

struct lists {
	struct list out, in;
	struct named *named;
	size_t n_named;
	struct name *names;
	size_t n_names;
	char tunnels[ALLOW_TUNNELS_MAX][TUNNEL_ROOM];
	size_t n_tunnels;
	bool dns_any, dns_bound, dhcp_any, everyone;
};

static void drop_lists(struct lists *l)
{
	free(l->out.peers);
	free(l->in.peers);
	free(l->named);
	free(l->names);
}

static int list_add(struct reader *r, struct list *l, const struct peer *peer)
{
	if (l->n == ALLOW_PEERS_MAX)
		return reader_refuse(r, "more than %d addresses and ports", ALLOW_PEERS_MAX);
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 16;
		struct peer *p = reallocarray(l->peers, room, sizeof(*p));

		if (!p)
			return -ENOMEM;
		l->peers = p;
		l->room = room;
	}
	l->peers[l->n++] = *peer;
	return 0;
}

static int add_name(struct reader *r, struct lists *l, const struct name *name)
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

static int add_named(struct reader *r, struct lists *l, const struct named *h)
{
	if (!l->named)
		l->named = calloc(ALLOW_NAMED_MAX, sizeof(*l->named));
	if (!l->named)
		return -ENOMEM;
	if (l->n_named == ALLOW_NAMED_MAX)
		return reader_refuse(r, "more than %d hosts by name", ALLOW_NAMED_MAX);
	l->named[l->n_named++] = *h;
	return add_name(r, l, &h->name);
}

static void set_place(struct peer *peer, const struct prefix *p)
{
	peer->family = p->family;
	peer->prefix = p->prefix;
	memcpy(peer->addr, p->addr, sizeof(peer->addr));
}

/*
 * { "to": PLACE or NAME, "tcp": [PORT...], "udp": [PORT...] }, with a name also "within" and
 * "else": [PLACE...]; or "from": PLACE; or as the first, with "endpoint" and "interface".
 */
struct entry {
	struct lists *lists;
	struct list *list;
	struct peer peer;
	struct named host;
	bool named;
	size_t n_ports;
};

static int read_from(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct entry *e = field;
	struct prefix p;
	int err = place_read(r, value, &p);

	(void)m;
	if (err == 0)
		set_place(&e->peer, &p);
	return err;
}

static int read_to(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *text = json_string_value(value);
	struct entry *e = field;

	if (!text || place_is_meant(text))
		return read_from(r, m, value, field);
	e->named = true;
	return place_read_name(r, value, false, &e->host.name);
}

static int read_within(struct reader *r, json_t *item, void *into)
{
	struct named *h = into;

	return place_read(r, item, &h->within[h->n_within++]);
}

static int read_instead(struct reader *r, json_t *item, void *into)
{
	struct named *h = into;

	return place_read(r, item, &h->instead[h->n_instead++]);
}

static int read_bounds(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct entry *e = field;

	if (!e->named)
		return reader_refuse(r, "goes with a name in \"%s\", which is an address here",
				     e->peer.anyone ? "endpoint" : "to");
	return reader_array(r, m, value, *m->name == 'w' ? read_within : read_instead, &e->host);
}

static int add_port(struct reader *r, struct entry *e)
{
	struct named *h = &e->host;

	if (!e->named)
		return list_add(r, e->list, &e->peer);
	if (h->n_ports == NAMED_PORTS_MAX)
		return reader_refuse(r, "more than %d ports for a name", NAMED_PORTS_MAX);
	h->ports[h->n_ports++] = (struct port){ e->peer.proto, e->peer.port };
	return 0;
}

static int read_port(struct reader *r, json_t *item, void *into)
{
	struct entry *e = into;
	json_int_t port = json_integer_value(item);

	if (port < 1 || port > UINT16_MAX)
		return reader_refuse_value(r, item, "is not a port; from 1 to 65535");
	e->peer.port = (uint16_t)port;
	if (port == PORT_DNS && e->peer.anyone)
		return reader_refuse(r, "port 53 of a VPN's endpoint cannot be told from DNS; "
					"have the VPN use another one");
	e->n_ports++;
	return add_port(r, e);
}

/* As the kernel has it: dev_valid_name(). */
static int read_interface(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *name = json_string_value(value);
	struct lists *l = ((struct entry *)field)->lists;

	(void)m;
	if (!name || !*name || strlen(name) >= TUNNEL_ROOM || strpbrk(name, "/: \t\n\v\f\r") ||
	    !strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "lo"))
		return reader_refuse_value(r, value,
					   "is not the name of a tunnel's link; at most 15 "
					   "characters, as \"ip link\" shows it");
	if (l->n_tunnels == ALLOW_TUNNELS_MAX)
		return reader_refuse(r, "more than %d tunnels", ALLOW_TUNNELS_MAX);
	strcpy(l->tunnels[l->n_tunnels++], name);
	return 0;
}

static int read_ports(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct entry *e = field;

	e->peer.proto = m->name[0] == 't' ? IPPROTO_TCP : IPPROTO_UDP;
	return reader_array(r, m, value, read_port, e);
}

#define PORTS                                              \
	{ "tcp", read_ports, 0, false, 1, UINT16_MAX },    \
	{                                                  \
		"udp", read_ports, 0, false, 1, UINT16_MAX \
	}

static const struct member to_members[] = {
	{ "to", read_to, 0, true, 0, 0 },
	{ "within", read_bounds, 0, false, 1, NAMED_PLACES_MAX },
	{ "else", read_bounds, 0, false, 1, NAMED_PLACES_MAX },
	PORTS,
};
static const struct member from_members[] = {
	{ "from", read_from, 0, true, 0, 0 },
	PORTS,
};
static const struct member vpn_members[] = {
	{ "interface", read_interface, 0, false, 0, 0 },
	{ "endpoint", read_to, 0, true, 0, 0 },
	{ "within", read_bounds, 0, false, 1, NAMED_PLACES_MAX },
	{ "else", read_bounds, 0, false, 1, NAMED_PLACES_MAX },
	PORTS,
};
static const struct shape to_shape = SHAPE(to_members);
static const struct shape from_shape = SHAPE(from_members);
static const struct shape vpn_shape = SHAPE(vpn_members);

static int read_entry(struct reader *r, const struct shape *shape, json_t *item, struct entry *e)
{
	int err = reader_object(r, shape, item, e);

	if (err == 0 && !e->n_ports)
		return reader_refuse(r, "names no port; add \"tcp\": [443] or \"udp\": [...]");
	return err == 0 && e->named ? add_named(r, e->lists, &e->host) : err;
}

static int read_destination(struct reader *r, json_t *item, void *into)
{
	struct lists *l = into;
	struct entry e = { .lists = l, .list = &l->out };

	return read_entry(r, &to_shape, item, &e);
}

static int read_source(struct reader *r, json_t *item, void *into)
{
	struct lists *l = into;
	struct entry e = { .lists = l, .list = &l->in };

	return read_entry(r, &from_shape, item, &e);
}

static int read_tunnel(struct reader *r, json_t *item, void *into)
{
	struct lists *l = into;
	struct entry e = { .lists = l, .list = &l->out };

	e.peer.anyone = true;
	e.host.anyone = true;
	return read_entry(r, &vpn_shape, item, &e);
}

static int read_vpn(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_tunnel, field);
}

static int read_outbound(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_destination, field);
}

static int read_inbound(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_source, field);
}

static int read_service(struct reader *r, json_t *item, struct list *list, uint16_t port, bool tcp)
{
	struct peer peer = { .proto = IPPROTO_UDP, .port = port };
	struct prefix p;
	int err = place_read(r, item, &p);

	if (err < 0)
		return err;
	set_place(&peer, &p);
	err = list_add(r, list, &peer);
	peer.proto = IPPROTO_TCP;
	return err || !tcp ? err : list_add(r, list, &peer);
}

static int read_resolver(struct reader *r, json_t *item, void *into)
{
	struct lists *l = into;

	return read_service(r, item, &l->out, PORT_DNS, !l->dns_bound);
}

static int read_clock(struct reader *r, json_t *item, void *into)
{
	struct lists *l = into;

	return read_service(r, item, &l->out, PORT_NTP, false);
}

static int read_resolvers(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct lists *l = field;

	if (!json_is_string(value))
		return reader_array(r, m, value, read_resolver, l);
	if (strcmp(json_string_value(value), "any"))
		return reader_refuse_value(r, value,
					   "is neither a list of addresses nor the word \"any\"");
	l->dns_any = true;
	return 0;
}

static int read_clocks(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_clock, field);
}

static int read_dns(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *word = json_string_value(value);
	struct lists *l = field;

	(void)m;
	if (!word || (strcmp(word, "names") && strcmp(word, "any")))
		return reader_refuse_value(r, value, "is neither \"names\" nor \"any\"");
	l->dns_bound = !strcmp(word, "names");
	return 0;
}

static int read_name(struct reader *r, json_t *item, void *into)
{
	struct name name;
	int err = place_read_name(r, item, true, &name);

	return err ? err : add_name(r, into, &name);
}

static int read_names(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_name, field);
}

static int read_who(struct reader *r, const struct member *m, json_t *value, void *field)
{
	const char *who = json_string_value(value);

	(void)m;
	if (!who || (strcmp(who, "repair") && strcmp(who, "everyone")))
		return reader_refuse_value(r, value, "is neither \"repair\" nor \"everyone\"");
	*(bool *)field = !strcmp(who, "everyone");
	return 0;
}

/* `dns` comes before `resolvers`, which are opened by it. */
static const struct member allow_members[] = {
	{ "dns", read_dns, 0, false, 0, 0 },
	{ "dns_names", read_names, 0, false, 0, ALLOW_NAMES_MAX },
	{ "policy", read_outbound, 0, false, 0, ALLOW_PEERS_MAX },
	{ "mirrors", read_outbound, 0, false, 0, ALLOW_PEERS_MAX },
	{ "antivirus", read_outbound, 0, false, 0, ALLOW_PEERS_MAX },
	{ "vpn", read_vpn, 0, false, 0, ALLOW_PEERS_MAX },
	{ "helpdesk", read_inbound, 0, false, 0, ALLOW_PEERS_MAX },
	{ "resolvers", read_resolvers, 0, false, 0, ALLOW_PEERS_MAX },
	{ "ntp", read_clocks, 0, false, 0, ALLOW_PEERS_MAX },
	{ "dhcp", reader_bool, offsetof(struct lists, dhcp_any), false, 0, 0 },
	{ "who", read_who, offsetof(struct lists, everyone), false, 0, 0 },
};
static const struct shape allow_shape = SHAPE(allow_members);

/* What the names may add to the list once they are resolved. */
static size_t places_of_names(const struct lists *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_named; i++)
		n += l->named[i].n_ports * FOUND_MAX;
	return n;
}

int allow_read(struct reader *r, const struct member *m, json_t *value, void *field)
{
	_drop_(drop_lists) struct lists l = { .dhcp_any = true };
	int err = reader_object(r, &allow_shape, value, &l);

	(void)m;
	if (err == 0 && l.out.n + places_of_names(&l) > ALLOW_PEERS_MAX)
		err = reader_refuse(r,
				    "more than %d addresses and ports; each port of a name "
				    "counts for %d",
				    ALLOW_PEERS_MAX, FOUND_MAX);
	if (err < 0)
		return err;
	l.out.n = peers_merge(l.out.peers, l.out.n);
	l.in.n = peers_merge(l.in.peers, l.in.n);
	*(struct allow *)field = (struct allow){
		.out = take(l.out.peers),
		.n_out = l.out.n,
		.in = take(l.in.peers),
		.n_in = l.in.n,
		.named = take(l.named),
		.n_named = l.n_named,
		.names = take(l.names),
		.n_names = l.n_names,
		.n_tunnels = l.n_tunnels,
		.dns_any = l.dns_any,
		.dns_bound = l.dns_bound,
		.dhcp_any = l.dhcp_any,
		.everyone = l.everyone,
	};
	memcpy(((struct allow *)field)->tunnels, l.tunnels, sizeof(l.tunnels));
	return 0;
}
