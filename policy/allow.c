// SPDX-License-Identifier: GPL-2.0-or-later
#include <netinet/in.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/named.h"
#include "policy/allow-entry.h"
#include "policy/allow.h"
#include "policy/place.h"

#define PORT_NTP 123

static int read_vpn(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, allow_read_tunnel, field);
}

static int read_outbound(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, allow_read_destination, field);
}

static int read_inbound(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, allow_read_source, field);
}

static int read_service(struct reader *r, json_t *item, struct peer_list *list, uint16_t port,
			bool tcp)
{
	struct peer peer = { .proto = IPPROTO_UDP, .port = port };
	int err = allow_read_place(r, item, &peer);

	if (err < 0)
		return err;
	err = allow_add_peer(r, list, &peer);
	peer.proto = IPPROTO_TCP;
	return err || !tcp ? err : allow_add_peer(r, list, &peer);
}

static int read_resolver(struct reader *r, json_t *item, void *into)
{
	struct allow_lists *l = into;

	return read_service(r, item, &l->out, PORT_DNS, !l->dns_bound);
}

static int read_clock(struct reader *r, json_t *item, void *into)
{
	struct allow_lists *l = into;

	return read_service(r, item, &l->out, PORT_NTP, false);
}

static int read_resolvers(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct allow_lists *l = field;

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
	struct allow_lists *l = field;

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

	return err ? err : allow_add_name(r, into, &name);
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
	{ "dhcp", reader_bool, offsetof(struct allow_lists, dhcp_any), false, 0, 0 },
	{ "who", read_who, offsetof(struct allow_lists, everyone), false, 0, 0 },
};
static const struct shape allow_shape = SHAPE(allow_members);

/* What the names may add to the list once they are resolved. */
static size_t places_of_names(const struct allow_lists *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n_named; i++)
		n += l->named[i].n_ports * FOUND_MAX;
	return n;
}

int allow_read(struct reader *r, const struct member *m, json_t *value, void *field)
{
	_drop_(allow_lists_free) struct allow_lists l = { .dhcp_any = true };
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
