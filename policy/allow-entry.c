// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "policy/allow-entry.h"
#include "policy/place.h"

int allow_read_place(struct reader *r, json_t *value, struct peer *peer)
{
	struct prefix p;
	int err = place_read(r, value, &p);

	if (err < 0)
		return err;
	peer->family = p.family;
	peer->prefix = p.prefix;
	memcpy(peer->addr, p.addr, sizeof(peer->addr));
	return 0;
}

/*
 * { "to": PLACE or NAME, "tcp": [PORT...], "udp": [PORT...] }, with a name also "within" and
 * "else": [PLACE...]; or "from": PLACE; or as the first, with "endpoint" and "interface".
 */
struct entry {
	struct allow_lists *lists;
	struct peer_list *list;
	struct peer peer;
	struct named host;
	bool named;
	size_t n_ports;
};

static int read_from(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct entry *e = field;

	(void)m;
	return allow_read_place(r, value, &e->peer);
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
		return allow_add_peer(r, e->list, &e->peer);
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

	(void)m;
	if (!name || !*name || strlen(name) >= TUNNEL_ROOM || strpbrk(name, "/: \t\n\v\f\r") ||
	    !strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "lo"))
		return reader_refuse_value(r, value,
					   "is not the name of a tunnel's link; at most 15 "
					   "characters, as \"ip link\" shows it");
	return allow_add_tunnel(r, ((struct entry *)field)->lists, name);
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
	return err == 0 && e->named ? allow_add_named(r, e->lists, &e->host) : err;
}

int allow_read_destination(struct reader *r, json_t *item, void *into)
{
	struct allow_lists *l = into;
	struct entry e = { .lists = l, .list = &l->out };

	return read_entry(r, &to_shape, item, &e);
}

int allow_read_source(struct reader *r, json_t *item, void *into)
{
	struct allow_lists *l = into;
	struct entry e = { .lists = l, .list = &l->in };

	return read_entry(r, &from_shape, item, &e);
}

int allow_read_tunnel(struct reader *r, json_t *item, void *into)
{
	struct allow_lists *l = into;
	struct entry e = { .lists = l, .list = &l->out };

	e.peer.anyone = true;
	e.host.anyone = true;
	return read_entry(r, &vpn_shape, item, &e);
}
