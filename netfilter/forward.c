// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/forward.h"
#include "netfilter/object.h"
#include "netfilter/sets.h"
#include "netfilter/target.h"

#define REGISTERS 16 /* of 32 bits */
#define ADDR_MAX  16

enum holds { HOLDS_OTHER, HOLDS_PROTOCOL, HOLDS_PORT, HOLDS_DATA, HOLDS_VALUE };

struct scan {
	const struct place *place;
	struct forward f;
	struct whereto whereto;
	const struct set *ports; /* instead of f's; NULL: none */
	bool anywhere;		 /* it may jump to any chain */
	struct held {
		enum holds holds;
		uint8_t len, data[ADDR_MAX];
		const struct set *map; /* of a value: whose, and where in it this is */
		uint8_t at;
	} regs[REGISTERS + 1]; /* the last one stands for any that there is not */
};

static unsigned reg_of(const struct nlattr *a)
{
	uint32_t n = object_be32(a, UINT32_MAX);

	if (n >= NFT_REG_1 && n <= NFT_REG_4)
		return (n - NFT_REG_1) * 4;
	return n >= NFT_REG32_00 && n < NFT_REG32_00 + REGISTERS ? n - NFT_REG32_00 : REGISTERS;
}

/* A value of a map is put into as many registers as it takes. */
static void hold_value(struct scan *s, unsigned reg, const struct set *map)
{
	const uint8_t len = map && map->whole ? map->value_len : 0;

	s->regs[reg].holds = HOLDS_OTHER;
	for (unsigned i = 0; i * 4 < len && reg + i < REGISTERS; i++) {
		s->regs[reg + i].holds = HOLDS_VALUE;
		s->regs[reg + i].map = map;
		s->regs[reg + i].at = (uint8_t)(i * 4);
	}
}

static void on_meta(struct scan *s, const struct nlattr **a)
{
	if (a[NFTA_META_DREG])
		s->regs[reg_of(a[NFTA_META_DREG])].holds =
			object_be32(a[NFTA_META_KEY], 0) == NFT_META_L4PROTO ? HOLDS_PROTOCOL
									     : HOLDS_OTHER;
}

static void on_payload(struct scan *s, const struct nlattr **a)
{
	uint32_t base = object_be32(a[NFTA_PAYLOAD_BASE], UINT32_MAX);
	uint32_t from = object_be32(a[NFTA_PAYLOAD_OFFSET], 0);
	uint32_t len = object_be32(a[NFTA_PAYLOAD_LEN], 0);
	enum holds h = HOLDS_OTHER;

	if (base == NFT_PAYLOAD_TRANSPORT_HEADER && from == 2 && len == 2)
		h = HOLDS_PORT;
	if (base == NFT_PAYLOAD_NETWORK_HEADER && len == 1 &&
	    from == (s->place->family == NFPROTO_IPV6 ? 6 : 9))
		h = HOLDS_PROTOCOL;
	if (a[NFTA_PAYLOAD_DREG])
		s->regs[reg_of(a[NFTA_PAYLOAD_DREG])].holds = h;
}

static uint16_t port_in(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static void on_cmp(struct scan *s, const struct nlattr **a)
{
	uint32_t len, op = object_be32(a[NFTA_CMP_OP], NFT_CMP_EQ);
	const uint8_t *data = object_data(a[NFTA_CMP_DATA], &len);
	enum holds h = s->regs[reg_of(a[NFTA_CMP_SREG])].holds;

	if (h == HOLDS_PROTOCOL && len == 1 && op == NFT_CMP_EQ)
		s->f.protocol = data[0];
	if (h != HOLDS_PORT || len != 2)
		return;
	if (op == NFT_CMP_EQ || op == NFT_CMP_GTE)
		s->f.from = port_in(data);
	if (op == NFT_CMP_EQ || op == NFT_CMP_LTE)
		s->f.to = port_in(data);
}

static void on_range(struct scan *s, const struct nlattr **a)
{
	uint32_t n, m;
	const uint8_t *from = object_data(a[NFTA_RANGE_FROM_DATA], &n);
	const uint8_t *to = object_data(a[NFTA_RANGE_TO_DATA], &m);

	if (s->regs[reg_of(a[NFTA_RANGE_SREG])].holds != HOLDS_PORT || n != 2 || m != 2 ||
	    object_be32(a[NFTA_RANGE_OP], NFT_RANGE_EQ) != NFT_RANGE_EQ)
		return;
	s->f.from = port_in(from);
	s->f.to = port_in(to);
}

/* Of a map of verdicts some may be for others: which ports are whose is not told. */
static void on_lookup(struct scan *s, const struct nlattr **a)
{
	const bool verdict = object_be32(a[NFTA_LOOKUP_DREG], UINT32_MAX) == NFT_REG_VERDICT;
	const char *name = object_text(a[NFTA_LOOKUP_SET]);
	const struct set *set =
		name ? sets_find(s->place->sets, s->place->family, s->place->table, name) : NULL;

	s->anywhere |= verdict && (!set || !set->whole);
	if (s->regs[reg_of(a[NFTA_LOOKUP_SREG])].holds == HOLDS_PORT && set && set->whole &&
	    !verdict && !set->intervals && !object_be32(a[NFTA_LOOKUP_FLAGS], 0))
		s->ports = set;
	if (a[NFTA_LOOKUP_DREG] && !verdict)
		hold_value(s, reg_of(a[NFTA_LOOKUP_DREG]), set);
}

static void on_immediate(struct scan *s, const struct nlattr **a)
{
	unsigned r = reg_of(a[NFTA_IMMEDIATE_DREG]);
	uint32_t len;
	const uint8_t *data = object_data(a[NFTA_IMMEDIATE_DATA], &len);

	s->regs[r].holds = HOLDS_OTHER;
	if (!data || len > ADDR_MAX)
		return;
	s->regs[r].holds = HOLDS_DATA;
	s->regs[r].len = (uint8_t)len;
	memcpy(s->regs[r].data, data, len);
}

/* addr NULL: this host's own; port 0: the one it came to. */
static void tell(struct scan *s, const uint8_t *addr, uint8_t len, uint16_t port)
{
	char text[INET6_ADDRSTRLEN] = "", to[16] = "";

	if (addr)
		inet_ntop(len == ADDR_MAX ? AF_INET6 : AF_INET, addr, text, sizeof(text));
	if (port)
		snprintf(to, sizeof(to), "port %u", port);
	snprintf(s->f.whereto, sizeof(s->f.whereto), "%s%s%s", text, *text && *to ? " " : "", to);
}

/* To ports: those that two attributes name registers of, which may not be told. */
static void tell_ports(struct scan *s, const struct nlattr *min, const struct nlattr *max)
{
	const unsigned from = reg_of(min), to = reg_of(max ? max : min);
	bool has = s->regs[from].holds == HOLDS_DATA && s->regs[from].len >= 2 &&
		   s->regs[to].holds == HOLDS_DATA && s->regs[to].len >= 2;

	if (min) {
		s->f.own_from = has ? port_in(s->regs[from].data) : 1;
		s->f.own_to = has ? port_in(s->regs[to].data) : UINT16_MAX;
		s->f.mapped = !has;
	}
}

/* To addresses that two attributes name registers of, of one family. */
static void tell_addresses(struct scan *s, const struct nlattr *min, const struct nlattr *max,
			   uint32_t family)
{
	const struct held *from = &s->regs[reg_of(min)], *to = &s->regs[reg_of(max ? max : min)];
	const uint8_t len = family == NFPROTO_IPV6 ? ADDR_MAX : 4;
	struct whereto *w = &s->whereto;

	s->f.by_address = true;
	s->f.family = (uint8_t)family;
	if (from->holds == HOLDS_VALUE && to->holds == HOLDS_VALUE && from->map == to->map) {
		*w = (struct whereto){
			.len = len, .map = from->map, .at_from = from->at, .at_to = to->at
		};
	} else if (from->holds == HOLDS_DATA && to->holds == HOLDS_DATA && from->len >= len &&
		   to->len >= len) {
		w->len = len;
		memcpy(w->from, from->data, len);
		memcpy(w->to, to->data, len);
	}
}

static void on_nat(struct scan *s, const struct nlattr **a)
{
	unsigned addr = reg_of(a[NFTA_NAT_REG_ADDR_MIN]), port = reg_of(a[NFTA_NAT_REG_PROTO_MIN]);
	bool has_port = s->regs[port].holds == HOLDS_DATA && s->regs[port].len >= 2;
	bool has_addr = s->regs[addr].holds == HOLDS_DATA && s->regs[addr].len >= 4;

	if (object_be32(a[NFTA_NAT_TYPE], UINT32_MAX) != NFT_NAT_DNAT)
		return;
	tell_ports(s, a[NFTA_NAT_REG_PROTO_MIN], a[NFTA_NAT_REG_PROTO_MAX]);
	s->f.own = !a[NFTA_NAT_REG_ADDR_MIN];
	if (a[NFTA_NAT_REG_ADDR_MIN])
		tell_addresses(s, a[NFTA_NAT_REG_ADDR_MIN], a[NFTA_NAT_REG_ADDR_MAX],
			       object_be32(a[NFTA_NAT_FAMILY], s->f.family));
	tell(s, has_addr ? s->regs[addr].data : NULL, s->regs[addr].len == ADDR_MAX ? ADDR_MAX : 4,
	     has_port ? port_in(s->regs[port].data) : 0);
}

static void on_redir(struct scan *s, const struct nlattr **a)
{
	unsigned port = reg_of(a[NFTA_REDIR_REG_PROTO_MIN]);
	bool has = s->regs[port].holds == HOLDS_DATA && s->regs[port].len >= 2;

	s->f.own = true;
	tell_ports(s, a[NFTA_REDIR_REG_PROTO_MIN], a[NFTA_REDIR_REG_PROTO_MAX]);
	tell(s, NULL, 0, has ? port_in(s->regs[port].data) : 0);
}

static void on_match(struct scan *s, const struct nlattr **a)
{
	const char *name = object_text(a[NFTA_MATCH_NAME]);
	uint32_t len = a[NFTA_MATCH_INFO] ? mnl_attr_get_payload_len(a[NFTA_MATCH_INFO]) : 0;
	struct xt_tcp tcp;
	struct xt_udp udp;

	if (name && !strcmp(name, "tcp") && len >= sizeof(tcp)) {
		memcpy(&tcp, mnl_attr_get_payload(a[NFTA_MATCH_INFO]), sizeof(tcp));
		if (tcp.invflags & XT_TCP_INV_DSTPT)
			return;
		s->f.from = tcp.dpts[0];
		s->f.to = tcp.dpts[1];
	} else if (name && !strcmp(name, "udp") && len >= sizeof(udp)) {
		memcpy(&udp, mnl_attr_get_payload(a[NFTA_MATCH_INFO]), sizeof(udp));
		if (udp.invflags & XT_UDP_INV_DSTPT)
			return;
		s->f.from = udp.dpts[0];
		s->f.to = udp.dpts[1];
	}
}

/* Of IPv4's first revisions; the others take a struct nf_nat_range. */
static bool is_old(const struct scan *s, const struct nlattr **a)
{
	return s->place->family != NFPROTO_IPV6 && !object_be32(a[NFTA_TARGET_REV], 0);
}

static void on_target(struct scan *s, const struct nlattr **a)
{
	const char *name = object_text(a[NFTA_TARGET_NAME]);
	const void *info = a[NFTA_TARGET_INFO] ? mnl_attr_get_payload(a[NFTA_TARGET_INFO]) : NULL;
	uint32_t len = info ? mnl_attr_get_payload_len(a[NFTA_TARGET_INFO]) : 0;
	struct nf_nat_ipv4_multi_range_compat old;
	struct nf_nat_range to = { 0 };
	bool port;

	if (!name || target_effect(name, info, len) != EFFECT_LEAD)
		return;
	if (is_old(s, a) && len >= sizeof(old)) {
		memcpy(&old, info, sizeof(old));
		to.flags = old.range[0].flags;
		to.min_addr.ip = old.range[0].min_ip;
		to.max_addr.ip = old.range[0].max_ip;
		to.min_proto = old.range[0].min;
		to.max_proto = old.range[0].max;
	} else if (!is_old(s, a) && len >= sizeof(to)) {
		memcpy(&to, info, sizeof(to));
	}
	port = to.flags & NF_NAT_RANGE_PROTO_SPECIFIED;
	s->f.own = !(to.flags & NF_NAT_RANGE_MAP_IPS);
	if (!s->f.own) {
		s->f.by_address = true;
		s->whereto.len = s->place->family == NFPROTO_IPV6 ? ADDR_MAX : 4;
		memcpy(s->whereto.from, &to.min_addr, s->whereto.len);
		memcpy(s->whereto.to, &to.max_addr, s->whereto.len);
	}
	s->f.own_from = port ? ntohs(to.min_proto.all) : 0;
	s->f.own_to = port ? ntohs(to.max_proto.all) : 0;
	tell(s, to.flags & NF_NAT_RANGE_MAP_IPS ? (uint8_t *)&to.min_addr : NULL,
	     s->place->family == NFPROTO_IPV6 ? ADDR_MAX : 4, port ? ntohs(to.min_proto.all) : 0);
}

static const struct {
	const char *name;
	void (*on)(struct scan *s, const struct nlattr **a);
} rows[] = {
	{ "cmp", on_cmp },	   { "immediate", on_immediate }, { "lookup", on_lookup },
	{ "match", on_match },	   { "meta", on_meta },		  { "nat", on_nat },
	{ "payload", on_payload }, { "range", on_range },	  { "redir", on_redir },
	{ "target", on_target },
};

static void scan_term(struct scan *s, const struct nlattr *term)
{
	const struct nlattr *a[TERM_ATTRS + 1];
	const char *name;

	if (object_term(term, &name, a) < 0)
		return;
	for (size_t i = 0; name && i < COUNT(rows); i++)
		if (!strcmp(name, rows[i].name))
			return rows[i].on(s, a);
	/* Any other may have changed what a register holds. */
	memset(s->regs, 0, sizeof(s->regs));
}

void forward_ports(const struct element *e, uint16_t *from, uint16_t *to)
{
	*from = e->other ? 0 : port_in(e->key);
	*to = e->other ? UINT16_MAX : *from;
}

static void span(const struct set *ports, struct forward *f)
{
	f->from = ports->n ? UINT16_MAX : 0;
	f->to = ports->n ? 0 : UINT16_MAX;
	for (uint32_t i = 0; i < ports->n; i++) {
		uint16_t from, to;

		forward_ports(&ports->elements[i], &from, &to);
		f->from = from < f->from ? from : f->from;
		f->to = to > f->to ? to : f->to;
	}
}

void forward_read(const struct nlattr *terms, const struct place *place, struct named *ret)
{
	struct scan s = { .place = place, .f = { .family = place->family, .to = UINT16_MAX } };
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, terms) scan_term(&s, a);
	*ret = (struct named){ s.f, s.whereto, s.ports, s.anywhere };
	if (s.ports)
		span(s.ports, &ret->f);
}
