// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include "agent/base/count.h"
#include "tests/leak/data.h"
#include "tests/leak/packet.h"

static uint32_t add_up(const void *bytes, size_t n, uint32_t sum)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? b[i] : (uint32_t)b[i] << 8;
	return sum;
}

static void write_sum(uint8_t *at, uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

static void put_tcp(struct pen *p, const struct shot *s)
{
	put16(p, s->sport);
	put16(p, s->dport);
	put(p, "lk!!\0\0\0\0", 8);
	put8(p, 0x50);
	put8(p, s->flags);
	put16(p, 8192);
	put_zeros(p, 4);
}

static void put_udp(struct pen *p, const struct shot *s)
{
	put16(p, s->sport);
	put16(p, s->dport);
	put_zeros(p, 4);
}

static void put_icmp(struct pen *p, const struct shot *s)
{
	put8(p, s->type);
	put8(p, s->code);
	put_zeros(p, 2);
	put8(p, s->rest);
	put_zeros(p, 3);
}

/* Where the checksum lies in each header; 0: it has none. */
static size_t put_header(struct pen *p, const struct shot *s)
{
	switch (s->proto) {
	case IPPROTO_TCP: put_tcp(p, s); return 16;
	case IPPROTO_UDP:
	case IPPROTO_UDPLITE: put_udp(p, s); return 6;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: put_icmp(p, s); return 2;
	}
	return 0;
}

/* Bytes that are in the IP packet and in nothing that it carries: how far behind its end, or 0. */
static size_t goes_beyond(const struct shot *s)
{
	if (!s->odd)
		return 0;
	return !strcmp(s->odd, "beyond") ? 1 : !strcmp(s->odd, "far") ? 600 : 0;
}

static bool put_upper(struct pen *p, const struct shot *s)
{
	uint8_t *start = p->at;
	size_t sum = s->offset ? 0 : put_header(p, s), n, addr = s->v6 ? 16 : 4;

	if (s->offset) /* where others look for ports */
		put16(p, s->sport), put16(p, s->dport);
	if (!put_data(p, s))
		return false;
	n = (size_t)(p->at - start);
	if (!sum)
		return true;
	if (sum == 6)
		start[4] = (uint8_t)(n >> 8), start[5] = (uint8_t)n;
	write_sum(start + sum, add_up(start, n,
				      s->proto == IPPROTO_ICMP
					      ? 0
					      : add_up(s->from, addr, 0) + add_up(s->to, addr, 0) +
							s->proto + (uint32_t)n));
	if (goes_beyond(s)) {
		put_zeros(p, goes_beyond(s) - 1);
		put_token(p, s);
	}
	return true;
}

/* RFC 791: loose source route by `via`, record route, router alert, and a word of our own. */
static bool put_option(struct pen *p, const struct shot *s)
{
	if (!strcmp(s->odd, "lsrr")) {
		put(p, "\x83\x07\x04", 3);
		put(p, s->via, 4);
		put8(p, 0);
	} else if (!strcmp(s->odd, "rr")) {
		put(p, "\x07\x07\x04\0\0\0\0\0", 8);
	} else if (!strcmp(s->odd, "alert")) {
		put(p, "\x94\x04\0\0", 4);
	} else if (!strcmp(s->odd, "word")) {
		put8(p, 0x9e); /* experimental, RFC 4727 */
		put8(p, (unsigned)strlen(s->token) + 2);
		put_token(p, s);
		put_zeros(p, (size_t)(p->from - p->at) & 3);
	} else {
		return false;
	}
	return true;
}

static bool put_ip4(struct pen *p, const struct shot *s)
{
	uint8_t *ip = p->at;
	size_t head, all;

	put(p, "\x45\0\0\0\x4c\x4b", 6);
	put16(p, s->offset | (s->more ? 0x2000 : 0));
	put8(p, s->hops);
	put8(p, s->proto);
	put_zeros(p, 2);
	put(p, s->from, 4);
	put(p, s->to, 4);
	p->from = ip;
	if (s->odd && !goes_beyond(s) && !put_option(p, s))
		return false;
	head = (size_t)(p->at - ip);
	ip[0] = (uint8_t)(0x40 | head / 4);
	if (!put_upper(p, s))
		return false;
	all = (size_t)(p->at - ip);
	ip[2] = (uint8_t)(all >> 8), ip[3] = (uint8_t)all;
	write_sum(ip + 10, add_up(ip, head, 0));
	return true;
}

/* RFC 8200 and 8754.  Each first byte names what follows, and that is the packet's protocol. */
static const struct {
	const char *name;
	uint8_t header, len, bytes[24];
} extensions[] = {
	{ "hop", IPPROTO_HOPOPTS, 16, { 0, 1, 0x1e, 12 } },
	{ "destination", IPPROTO_DSTOPTS, 16, { 0, 1, 0x1e, 12 } },
	{ "route", IPPROTO_ROUTING, 24, { 0, 2, 0, 1 } },
	{ "segments", IPPROTO_ROUTING, 24, { 0, 2, 4, 0, 0 } },
	{ "mobility", 135, 16, { 59, 1, 0 } },
	{ "host", 139, 16, { 0, 1 } },
};

static uint8_t put_extension(struct pen *p, const struct shot *s)
{
	for (size_t i = 0; i < COUNT(extensions); i++) {
		uint8_t *at = p->at;

		if (strcmp(extensions[i].name, s->odd))
			continue;
		put(p, extensions[i].bytes, extensions[i].len);
		at[0] = s->proto;
		if (extensions[i].header == IPPROTO_ROUTING)
			memcpy(at + 8, s->via, 16);
		else
			memcpy(at + 4, s->token, strlen(s->token));
		return extensions[i].header;
	}
	return 0;
}

static uint8_t put_fragment(struct pen *p, const struct shot *s)
{
	put8(p, s->proto);
	put8(p, 0);
	put16(p, (unsigned)s->offset << 3 | s->more);
	put(p, "lkfr", 4);
	return IPPROTO_FRAGMENT;
}

static bool put_ip6(struct pen *p, const struct shot *s)
{
	uint8_t *ip = p->at;
	size_t all;

	put(p, "\x60\0\0\0\0\0", 6);
	put8(p, s->proto);
	put8(p, s->hops);
	put(p, s->from, 16);
	put(p, s->to, 16);
	if (s->odd && !goes_beyond(s)) {
		ip[6] = put_extension(p, s);
		if (p->at == ip + 40)
			return false;
	} else if (s->offset || s->more) {
		ip[6] = put_fragment(p, s);
	}
	if (!put_upper(p, s))
		return false;
	all = (size_t)(p->at - ip) - 40;
	ip[4] = (uint8_t)(all >> 8), ip[5] = (uint8_t)all;
	return true;
}

size_t packet_ip(const struct shot *s, uint8_t *out)
{
	struct pen p = { out, out };

	if (!(s->v6 ? put_ip6(&p, s) : put_ip4(&p, s)))
		return 0;
	return (size_t)(p.at - out);
}

size_t packet_frame(const struct shot *s, uint8_t *out)
{
	struct pen p = { out, out };
	bool ip = s->ether == ETHERTYPE_IP || s->ether == ETHERTYPE_IPV6;

	put(&p, s->dmac, 6);
	put(&p, s->smac, 6);
	if (s->outer) {
		put16(&p, 0x88a8);
		put16(&p, s->outer);
	}
	if (s->vlan) {
		put16(&p, ETHERTYPE_VLAN);
		put16(&p, s->vlan);
	}
	put16(&p, s->ether);
	if (ip ? !(s->v6 ? put_ip6(&p, s) : put_ip4(&p, s)) : !put_data(&p, s))
		return 0;
	if (s->trailer)
		put_token(&p, s);
	while (p.at - out < 60)
		put8(&p, 0);
	return (size_t)(p.at - out);
}
