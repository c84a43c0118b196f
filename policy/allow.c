// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/allow.h"

#define PORT_DNS 53
#define PORT_NTP 123
/* A shorter prefix would open whole provinces of the internet to a host in quarantine. */
#define PREFIX_MIN4 8
#define PREFIX_MIN6 16

struct list {
	struct peer *peers;
	size_t n, room;
};

struct lists {
	struct list out, in;
	bool dns_any, dhcp_any;
};

static void drop_lists(struct lists *l)
{
	free(l->out.peers);
	free(l->in.peers);
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

static int peer_compare(const void *left, const void *right)
{
	const struct peer *a = left, *b = right;
	int r;

	if (a->family != b->family)
		return a->family - b->family;
	if (a->proto != b->proto)
		return a->proto - b->proto;
	if (a->port != b->port)
		return a->port - b->port;
	r = memcmp(a->addr, b->addr, sizeof(a->addr));
	return r ? r : a->prefix - b->prefix;
}

static unsigned family_bits(uint8_t family)
{
	return family == AF_INET ? 32 : 128;
}

static bool tail_is_zero(const uint8_t *addr, unsigned from, unsigned bits)
{
	for (unsigned i = from; i < bits; i++)
		if (addr[i / 8] & (0x80 >> i % 8))
			return false;
	return true;
}

static bool peer_covers(const struct peer *a, const struct peer *b)
{
	unsigned bytes = a->prefix / 8, rest = a->prefix % 8;

	return a->family == b->family && a->proto == b->proto && a->port == b->port &&
	       a->prefix <= b->prefix && !memcmp(a->addr, b->addr, bytes) &&
	       (!rest || !((a->addr[bytes] ^ b->addr[bytes]) >> (8 - rest)));
}

/* Sorted, a prefix stands before all that it contains, so one pass is enough. */
static void list_merge(struct list *l)
{
	size_t kept = 0;

	if (l->n)
		qsort(l->peers, l->n, sizeof(*l->peers), peer_compare);
	for (size_t i = 0; i < l->n; i++)
		if (!kept || !peer_covers(&l->peers[kept - 1], &l->peers[i]))
			l->peers[kept++] = l->peers[i];
	l->n = kept;
}

/* The digits behind the slash; a single address has none. */
static bool prefix_length(const char *digits, unsigned bits, uint8_t *ret)
{
	unsigned n = 0;

	if (!digits) {
		*ret = (uint8_t)bits;
		return true;
	}
	if (!*digits || strlen(digits) > 3 || (digits[0] == '0' && digits[1]))
		return false;
	for (; *digits; digits++) {
		if (*digits < '0' || *digits > '9')
			return false;
		n = n * 10 + (unsigned)(*digits - '0');
	}
	*ret = (uint8_t)n;
	return n <= bits;
}

/* "ADDRESS" or "ADDRESS/LENGTH" in either family. */
static bool place_parse(const char *spelt, struct peer *peer)
{
	char text[INET6_ADDRSTRLEN + 4], *slash;

	if (strlen(spelt) >= sizeof(text))
		return false;
	strcpy(text, spelt);
	slash = strchr(text, '/');
	if (slash)
		*slash++ = '\0';
	peer->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	memset(peer->addr, 0, sizeof(peer->addr));
	return inet_pton(peer->family, text, peer->addr) == 1 &&
	       prefix_length(slash, family_bits(peer->family), &peer->prefix);
}

static int read_place(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct peer *peer = field;

	(void)m;
	if (!json_is_string(value) || !place_parse(json_string_value(value), peer))
		return reader_refuse_value(
			r, value,
			"is not an address or a prefix; a name will not do, write "
			"\"192.0.2.10\" or \"2001:db8::/48\"");
	if (!tail_is_zero(peer->addr, peer->prefix, family_bits(peer->family)))
		return reader_refuse_value(r, value, "has bits set behind its prefix length");
	if (peer->prefix < (peer->family == AF_INET ? PREFIX_MIN4 : PREFIX_MIN6))
		return reader_refuse_value(r, value,
					   "opens too much of the internet; the shortest prefixes "
					   "are /8 and, for IPv6, /16");
	return 0;
}

/* { "to": PLACE, "tcp": [PORT...], "udp": [PORT...] }, or "from" */
struct entry {
	struct list *list;
	struct peer peer;
	size_t n_ports;
};

static int read_port(struct reader *r, json_t *item, void *into)
{
	struct entry *e = into;
	json_int_t port = json_integer_value(item);

	if (port < 1 || port > UINT16_MAX)
		return reader_refuse_value(r, item, "is not a port; from 1 to 65535");
	e->peer.port = (uint16_t)port;
	e->n_ports++;
	return list_add(r, e->list, &e->peer);
}

static int read_ports(struct reader *r, const struct member *m, json_t *value, void *field)
{
	struct entry *e = field;

	e->peer.proto = m->name[0] == 't' ? IPPROTO_TCP : IPPROTO_UDP;
	return reader_array(r, m, value, read_port, e);
}

/* clang-format off */
#define ADDRESS_AND_PORTS(name)                                         \
	{ name, read_place, offsetof(struct entry, peer), true, 0, 0 }, \
	{ "tcp", read_ports, 0, false, 1, UINT16_MAX },                 \
	{ "udp", read_ports, 0, false, 1, UINT16_MAX },

static const struct member to_members[] = { ADDRESS_AND_PORTS("to") };
static const struct member from_members[] = { ADDRESS_AND_PORTS("from") };
/* clang-format on */
static const struct shape to_shape = SHAPE(to_members);
static const struct shape from_shape = SHAPE(from_members);

static int read_entry(struct reader *r, const struct shape *shape, json_t *item, struct list *list)
{
	struct entry e = { .list = list };
	int err = reader_object(r, shape, item, &e);

	if (err == 0 && !e.n_ports)
		return reader_refuse(r, "names no port; add \"tcp\": [443] or \"udp\": [...]");
	return err;
}

static int read_to(struct reader *r, json_t *item, void *into)
{
	struct lists *l = into;

	return read_entry(r, &to_shape, item, &l->out);
}

static int read_from(struct reader *r, json_t *item, void *into)
{
	struct lists *l = into;

	return read_entry(r, &from_shape, item, &l->in);
}

static int read_outbound(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_to, field);
}

static int read_inbound(struct reader *r, const struct member *m, json_t *value, void *field)
{
	return reader_array(r, m, value, read_from, field);
}

static int read_service(struct reader *r, json_t *item, struct list *list, uint16_t port, bool tcp)
{
	struct peer peer = { .proto = IPPROTO_UDP, .port = port };
	int err = read_place(r, NULL, item, &peer);

	if (err == 0)
		err = list_add(r, list, &peer);
	peer.proto = IPPROTO_TCP;
	return err || !tcp ? err : list_add(r, list, &peer);
}

static int read_resolver(struct reader *r, json_t *item, void *into)
{
	struct lists *l = into;

	return read_service(r, item, &l->out, PORT_DNS, true);
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

static const struct member allow_members[] = {
	{ "policy", read_outbound, 0, false, 0, ALLOW_PEERS_MAX },
	{ "mirrors", read_outbound, 0, false, 0, ALLOW_PEERS_MAX },
	{ "antivirus", read_outbound, 0, false, 0, ALLOW_PEERS_MAX },
	{ "helpdesk", read_inbound, 0, false, 0, ALLOW_PEERS_MAX },
	{ "resolvers", read_resolvers, 0, false, 0, ALLOW_PEERS_MAX },
	{ "ntp", read_clocks, 0, false, 0, ALLOW_PEERS_MAX },
	{ "dhcp", reader_bool, offsetof(struct lists, dhcp_any), false, 0, 0 },
};
static const struct shape allow_shape = SHAPE(allow_members);

int allow_read(struct reader *r, const struct member *m, json_t *value, void *field)
{
	_drop_(drop_lists) struct lists l = { .dhcp_any = true };
	int err = reader_object(r, &allow_shape, value, &l);

	(void)m;
	if (err < 0)
		return err;
	list_merge(&l.out);
	list_merge(&l.in);
	*(struct allow *)field = (struct allow){
		.out = take(l.out.peers),
		.n_out = l.out.n,
		.in = take(l.in.peers),
		.n_in = l.in.n,
		.dns_any = l.dns_any,
		.dhcp_any = l.dhcp_any,
	};
	return 0;
}
