// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/xtables-parts.h"

/* Of both families: one set of numbers. */
_Static_assert(IPT_INV_VIA_IN == IP6T_INV_VIA_IN && IPT_INV_VIA_OUT == IP6T_INV_VIA_OUT &&
		       IPT_INV_SRCIP == IP6T_INV_SRCIP && IPT_INV_DSTIP == IP6T_INV_DSTIP &&
		       IPT_INV_PROTO == IP6T_INV_PROTO,
	       "");

static bool is_zero(const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i])
			return false;
	return true;
}

/* What either family's head asks for. */
struct head {
	uint8_t addr_len, src_at, dst_at; /* where an address lies in the packet */
	uint8_t src[16], dst[16], src_mask[16], dst_mask[16];
	char in[IFNAMSIZ], out[IFNAMSIZ];
	uint8_t in_mask[IFNAMSIZ], out_mask[IFNAMSIZ];
	uint16_t protocol; /* 0: any */
	uint8_t invert;	   /* IPT_INV_ */
	bool fragment, goes;
};

static void read_head4(const uint8_t *bytes, struct head *h)
{
	struct ipt_ip ip;

	memcpy(&ip, bytes, sizeof(ip));
	*h = (struct head){ .addr_len = 4,
			    .src_at = 12,
			    .dst_at = 16,
			    .protocol = ip.proto,
			    .invert = ip.invflags,
			    .fragment = ip.flags & IPT_F_FRAG,
			    .goes = ip.flags & IPT_F_GOTO };
	memcpy(h->src, &ip.src, 4);
	memcpy(h->dst, &ip.dst, 4);
	memcpy(h->src_mask, &ip.smsk, 4);
	memcpy(h->dst_mask, &ip.dmsk, 4);
	memcpy(h->in, ip.iniface, IFNAMSIZ);
	memcpy(h->out, ip.outiface, IFNAMSIZ);
	memcpy(h->in_mask, ip.iniface_mask, IFNAMSIZ);
	memcpy(h->out_mask, ip.outiface_mask, IFNAMSIZ);
}

/*
 * A protocol counts with its flag only, and there are no fragments to ask for.  Of an address what
 * its mask leaves out does not count; in IPv4 no packet has it.
 */
static void read_head6(const uint8_t *bytes, struct head *h)
{
	struct ip6t_ip6 ip;

	memcpy(&ip, bytes, sizeof(ip));
	*h = (struct head){ .addr_len = 16,
			    .src_at = 8,
			    .dst_at = 24,
			    .protocol = ip.flags & IP6T_F_PROTO ? ip.proto : 0,
			    .invert = ip.invflags & ~IP6T_INV_FRAG,
			    .goes = ip.flags & IP6T_F_GOTO };
	memcpy(h->src, &ip.src, 16);
	memcpy(h->dst, &ip.dst, 16);
	memcpy(h->src_mask, &ip.smsk, 16);
	memcpy(h->dst_mask, &ip.dmsk, 16);
	for (size_t i = 0; i < 16; i++) {
		h->src[i] &= h->src_mask[i];
		h->dst[i] &= h->dst_mask[i];
	}
	memcpy(h->in, ip.iniface, IFNAMSIZ);
	memcpy(h->out, ip.outiface, IFNAMSIZ);
	memcpy(h->in_mask, ip.iniface_mask, IFNAMSIZ);
	memcpy(h->out_mask, ip.outiface_mask, IFNAMSIZ);
}

static void read_head(const struct xt_table *t, const uint8_t *bytes, struct head *h)
{
	if (t->family == NFPROTO_IPV4)
		read_head4(bytes, h);
	else
		read_head6(bytes, h);
}

static struct nlattr *open_term(struct xt_message *m, const char *name, struct nlattr **data)
{
	struct nlattr *term = xt_open(m, NFTA_LIST_ELEM);

	xt_put_text(m, NFTA_EXPR_NAME, name);
	*data = xt_open(m, NFTA_EXPR_DATA);
	return term;
}

static void close_term(struct xt_message *m, struct nlattr *term, struct nlattr *data)
{
	xt_close(m, data);
	xt_close(m, term);
}

static void put_value(struct xt_message *m, uint16_t type, const void *value, size_t len)
{
	struct nlattr *nest = xt_open(m, type);

	xt_put(m, NFTA_DATA_VALUE, value, len);
	xt_close(m, nest);
}

static void put_meta(struct xt_message *m, uint32_t key)
{
	struct nlattr *data, *term = open_term(m, "meta", &data);

	xt_put_number(m, NFTA_META_KEY, key);
	xt_put_number(m, NFTA_META_DREG, NFT_REG_1);
	close_term(m, term, data);
}

static void put_payload(struct xt_message *m, uint32_t at, uint32_t len)
{
	struct nlattr *data, *term = open_term(m, "payload", &data);

	xt_put_number(m, NFTA_PAYLOAD_DREG, NFT_REG_1);
	xt_put_number(m, NFTA_PAYLOAD_BASE, NFT_PAYLOAD_NETWORK_HEADER);
	xt_put_number(m, NFTA_PAYLOAD_OFFSET, at);
	xt_put_number(m, NFTA_PAYLOAD_LEN, len);
	close_term(m, term, data);
}

static void put_mask(struct xt_message *m, const uint8_t *mask, uint32_t len)
{
	static const uint8_t none[16];
	struct nlattr *data, *term = open_term(m, "bitwise", &data);

	xt_put_number(m, NFTA_BITWISE_SREG, NFT_REG_1);
	xt_put_number(m, NFTA_BITWISE_DREG, NFT_REG_1);
	xt_put_number(m, NFTA_BITWISE_LEN, len);
	put_value(m, NFTA_BITWISE_MASK, mask, len);
	put_value(m, NFTA_BITWISE_XOR, none, len);
	close_term(m, term, data);
}

static void put_cmp(struct xt_message *m, bool invert, const void *value, size_t len)
{
	struct nlattr *data, *term = open_term(m, "cmp", &data);

	xt_put_number(m, NFTA_CMP_SREG, NFT_REG_1);
	xt_put_number(m, NFTA_CMP_OP, invert ? NFT_CMP_NEQ : NFT_CMP_EQ);
	put_value(m, NFTA_CMP_DATA, value, len);
	close_term(m, term, data);
}

/* No packet is of family 0. */
static void put_never(struct xt_message *m)
{
	const uint8_t family = NFPROTO_UNSPEC;

	put_meta(m, NFT_META_NFPROTO);
	put_cmp(m, false, &family, sizeof(family));
}

/* How many of its first bytes are the mask; 0: it has holes, or ends within a byte. */
static uint32_t whole_bytes(const uint8_t *mask, uint32_t len)
{
	uint32_t n = 0;

	while (n < len && mask[n] == 0xff)
		n++;
	return is_zero(mask + n, len - n) ? n : 0;
}

static bool is_within(const uint8_t *addr, const uint8_t *mask, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		if (addr[i] & ~mask[i])
			return false;
	return true;
}

/* A prefix of whole bytes is asked for without a mask, as iptables-nft does. */
static void put_address(struct xt_message *m, const struct head *h, uint8_t at, const uint8_t *addr,
			const uint8_t *mask, bool invert)
{
	const bool any = is_zero(mask, h->addr_len), none = !is_within(addr, mask, h->addr_len);
	const uint32_t n = whole_bytes(mask, h->addr_len);

	if (any || none) {
		if (invert != none)
			put_never(m);
		return;
	}
	put_payload(m, at, n ? n : h->addr_len);
	if (!n)
		put_mask(m, mask, h->addr_len);
	put_cmp(m, invert, addr, n ? n : h->addr_len);
}

/* A name with its end, behind which newer iptables has more count, or the beginning of one. */
static void put_link(struct xt_message *m, uint32_t key, const char *name, const uint8_t *mask,
		     bool invert)
{
	const uint32_t n = whole_bytes(mask, IFNAMSIZ), len = (uint32_t)strnlen(name, n);

	if (is_zero(mask, IFNAMSIZ)) {
		if (invert)
			put_never(m);
		return;
	}
	put_meta(m, key);
	if (n)
		put_cmp(m, invert, name, len < n ? len + 1 : n);
	else
		put_cmp(m, invert, NULL, 0); /* which no program of iptables asks for: not told */
}

/* No packet is of one that takes more than a byte. */
static void put_protocol(struct xt_message *m, const struct head *h)
{
	const uint8_t protocol = (uint8_t)h->protocol;
	const bool invert = h->invert & IPT_INV_PROTO;

	if (!h->protocol)
		return;
	if (h->protocol != protocol) {
		if (!invert)
			put_never(m);
		return;
	}
	put_meta(m, NFT_META_L4PROTO);
	put_cmp(m, invert, &protocol, sizeof(protocol));
}

/* Of a packet's fragments all but the first; without the flag, "not" is of none. */
static void put_fragment(struct xt_message *m, const struct head *h)
{
	static const uint8_t offset[] = { 0x1f, 0xff }, first[2];

	if (h->fragment) {
		put_payload(m, 6, sizeof(offset));
		put_mask(m, offset, sizeof(offset));
		put_cmp(m, !(h->invert & IPT_INV_FRAG), first, sizeof(first));
	} else if (h->invert & IPT_INV_FRAG) {
		put_never(m);
	}
}

static void put_head(struct xt_message *m, const struct head *h)
{
	put_link(m, NFT_META_IIFNAME, h->in, h->in_mask, h->invert & IPT_INV_VIA_IN);
	put_link(m, NFT_META_OIFNAME, h->out, h->out_mask, h->invert & IPT_INV_VIA_OUT);
	put_protocol(m, h);
	put_address(m, h, h->src_at, h->src, h->src_mask, h->invert & IPT_INV_SRCIP);
	put_address(m, h, h->dst_at, h->dst, h->dst_mask, h->invert & IPT_INV_DSTIP);
	put_fragment(m, h);
}

static void put_matches(struct xt_message *m, const struct xt_rule *rule)
{
	const uint8_t *at = rule->matches, *end = at + rule->n_matches;

	while (at < end) {
		struct xt_entry_match x;
		struct nlattr *data, *term;

		memcpy(&x, at, sizeof(x)); /* xt_rule_at() has seen to it */
		term = open_term(m, "match", &data);
		xt_put_text(m, NFTA_MATCH_NAME, x.u.user.name);
		xt_put_number(m, NFTA_MATCH_REV, x.u.user.revision);
		xt_put(m, NFTA_MATCH_INFO, at + sizeof(x), x.u.match_size - sizeof(x));
		close_term(m, term, data);
		at += x.u.match_size;
	}
}

static void put_verdict(struct xt_message *m, int32_t code, const char *chain)
{
	struct nlattr *data, *nest, *verdict, *term = open_term(m, "immediate", &data);

	xt_put_number(m, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	nest = xt_open(m, NFTA_IMMEDIATE_DATA);
	verdict = xt_open(m, NFTA_DATA_VERDICT);
	xt_put_number(m, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		xt_put_text(m, NFTA_VERDICT_CHAIN, chain);
	xt_close(m, verdict);
	xt_close(m, nest);
	close_term(m, term, data);
}

static void put_extension(struct xt_message *m, const struct xt_rule *rule)
{
	struct xt_entry_target x;
	struct nlattr *data, *term = open_term(m, "target", &data);

	memcpy(&x, rule->target, sizeof(x));
	xt_put_text(m, NFTA_TARGET_NAME, x.u.user.name);
	xt_put_number(m, NFTA_TARGET_REV, x.u.user.revision);
	xt_put(m, NFTA_TARGET_INFO, rule->target + sizeof(x), rule->n_target - sizeof(x));
	close_term(m, term, data);
}

int xt_put_terms(struct xt_message *m, const struct xt_table *t, const struct xt_rule *rule,
		 const char *chain)
{
	struct nlattr *nest = xt_open(m, NFTA_RULE_EXPRESSIONS);
	struct head h;
	int32_t verdict = 0;
	int r = 0;

	read_head(t, rule->head, &h);
	put_head(m, &h);
	put_matches(m, rule);
	switch (xt_does(rule, &verdict)) {
	case XT_DOES_VERDICT: put_verdict(m, verdict, NULL); break;
	case XT_DOES_RETURN: put_verdict(m, NFT_RETURN, NULL); break;
	case XT_DOES_JUMP:
		if (chain)
			put_verdict(m, h.goes ? NFT_GOTO : NFT_JUMP, chain);
		break; /* or it goes on to the next rule, as one without a target does */
	case XT_DOES_MORE: put_extension(m, rule); break;
	case XT_DOES_BEGIN: r = -EBADMSG; break;
	}
	xt_close(m, nest);
	return r;
}
