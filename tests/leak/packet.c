// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/leak/packet.h"

/* A place to write to; whoever writes knows that PACKET_MAX is far away. */
struct pen {
	uint8_t *at, *from;
};

static void put(struct pen *p, const void *bytes, size_t n)
{
	memcpy(p->at, bytes, n);
	p->at += n;
}

static void put8(struct pen *p, unsigned n)
{
	*p->at++ = (uint8_t)n;
}

static void put16(struct pen *p, unsigned n)
{
	put8(p, n >> 8);
	put8(p, n);
}

static void put_zeros(struct pen *p, size_t n)
{
	memset(p->at, 0, n);
	p->at += n;
}

static void put_token(struct pen *p, const struct shot *s)
{
	put(p, s->token, strlen(s->token));
}

static void put_label(struct pen *p, const char *label)
{
	put8(p, (unsigned)strlen(label));
	put(p, label, strlen(label));
}

/* RFC 1035: one question for an address, with `names` of the token before the name. */
static void put_question(struct pen *p, const struct shot *s, bool named, unsigned additional)
{
	const uint16_t head[] = {
		htons(0x4c4b), htons(0x0100), htons(1), 0, 0, htons((uint16_t)additional)
	};

	put(p, head, sizeof(head));
	if (named)
		put_label(p, s->token);
	put_label(p, "policy");
	put_label(p, "example");
	put8(p, 0);
	put16(p, 1);
	put16(p, 1);
}

static void data_token(struct pen *p, const struct shot *s)
{
	put_token(p, s);
}

static void data_dns_name(struct pen *p, const struct shot *s)
{
	put_question(p, s, true, 0);
}

static void data_dns_tail(struct pen *p, const struct shot *s)
{
	put_question(p, s, false, 0);
	put_token(p, s);
}

/* RFC 6891: an option of the experimental range. */
static void data_dns_edns(struct pen *p, const struct shot *s)
{
	size_t n = strlen(s->token);

	put_question(p, s, false, 1);
	put8(p, 0);
	put16(p, 41);
	put16(p, 1232);
	put_zeros(p, 4);
	put16(p, (unsigned)n + 4);
	put16(p, 65001);
	put16(p, (unsigned)n);
	put_token(p, s);
}

/* Over TCP a message has its length before it. */
static void data_dns_tcp(struct pen *p, const struct shot *s)
{
	uint8_t *length = p->at;

	put_zeros(p, 2);
	put_question(p, s, true, 0);
	length[1] = (uint8_t)(p->at - length - 2);
}

/* RFC 2131: DISCOVER with the token as the host's name. */
static void data_dhcp(struct pen *p, const struct shot *s)
{
	static const uint8_t head[] = { 1, 1, 6, 0, 'l', 'k', 0, 1, 0, 0, 0x80, 0 };
	static const uint8_t magic[] = { 99, 130, 83, 99, 53, 1, 1, 12 };

	put(p, head, sizeof(head));
	put_zeros(p, 16);
	put(p, s->smac, 6);
	put_zeros(p, 10 + 64 + 128);
	put(p, magic, sizeof(magic));
	put_label(p, s->token);
	put8(p, 255);
}

/* RFC 826; `who` says it is at `smac`. */
static void put_arp(struct pen *p, const struct shot *s, unsigned op)
{
	put16(p, 1);
	put16(p, ETHERTYPE_IP);
	put16(p, 0x0604);
	put16(p, op);
	put(p, s->smac, 6);
	put(p, s->from, 4);
	put(p, s->dmac, 6);
	put(p, s->to, 4);
}

static void data_arp(struct pen *p, const struct shot *s)
{
	put_arp(p, s, 1);
}

static void data_arp_answer(struct pen *p, const struct shot *s)
{
	put_arp(p, s, 2);
}

static void data_arp_padding(struct pen *p, const struct shot *s)
{
	put_arp(p, s, 1);
	put_token(p, s);
	put_zeros(p, 18 - strlen(s->token));
}

/* Who asks is nobody, and says so in eight of ten bytes. */
static void data_arp_fields(struct pen *p, const struct shot *s)
{
	put_arp(p, s, 1);
	memcpy(p->at - 20, s->token, strlen(s->token));
}

/* RFC 4861: the reserved word and the target, `via`, behind it. */
static void data_nd(struct pen *p, const struct shot *s)
{
	put(p, s->via, 16);
}

static void data_nd_target(struct pen *p, const struct shot *s)
{
	put(p, "\xfe\x80\0\0\0\0\0\0", 8);
	put(p, s->token, 8);
}

static void data_nd_option(struct pen *p, const struct shot *s)
{
	data_nd(p, s);
	put8(p, 1);
	put8(p, 4);
	put_token(p, s);
	put_zeros(p, 30 - strlen(s->token));
}

/* What poisons: "the target is at smac". */
static void data_nd_answer(struct pen *p, const struct shot *s)
{
	data_nd(p, s);
	put8(p, 2);
	put8(p, 1);
	put(p, s->smac, 6);
}

static const struct {
	const char *name;
	void (*put)(struct pen *p, const struct shot *s);
} datas[] = {
	{ "token", data_token },
	{ "dns-name", data_dns_name },
	{ "dns-tail", data_dns_tail },
	{ "dns-edns", data_dns_edns },
	{ "dns-tcp", data_dns_tcp },
	{ "dhcp", data_dhcp },
	{ "arp", data_arp },
	{ "arp-answer", data_arp_answer },
	{ "arp-padding", data_arp_padding },
	{ "arp-fields", data_arp_fields },
	{ "nd", data_nd },
	{ "nd-target", data_nd_target },
	{ "nd-option", data_nd_option },
	{ "nd-answer", data_nd_answer },
};

static bool put_data(struct pen *p, const struct shot *s)
{
	for (size_t i = 0; i < sizeof(datas) / sizeof(*datas); i++) {
		if (!strcmp(datas[i].name, s->data)) {
			datas[i].put(p, s);
			return true;
		}
	}
	return false;
}

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
	if (s->odd && !put_option(p, s))
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
	for (size_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++) {
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
	if (s->odd) {
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
