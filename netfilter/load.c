// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/load.h"
#include "netfilter/object.h"
#include "netfilter/sets.h"

static void put(struct value *v, enum field field, const void *bytes, uint8_t len)
{
	*v = (struct value){ .field = field, .len = len };
	memcpy(v->bytes, bytes, len);
}

void load_mark(const struct probe *probe, struct value *v)
{
	const uint32_t unmarked = 0;

	put(v, probe->marks ? FIELD_FLAGS : FIELD_KNOWN, &unmarked, sizeof(unmarked));
	memcpy(v->loose, &probe->marks, sizeof(v->loose));
}

bool load_for_host_alone(const struct probe *probe)
{
	return probe->protocol == IPPROTO_TCP || probe->protocol == IPPROTO_SCTP ||
	       probe->protocol == IPPROTO_DCCP;
}

static bool is_link(uint32_t key)
{
	return key == NFT_META_IIF || key == NFT_META_IIFTYPE || key == NFT_META_IIFNAME;
}

void load_meta(const struct probe *probe, const struct nlattr **a, struct value *v)
{
	const uint16_t ethertype = htons(probe->family == NFPROTO_IPV4 ? ETH_P_IP : ETH_P_IPV6);
	const uint16_t loopback = ARPHRD_LOOPBACK;
	const uint8_t host = PACKET_HOST, in_clear = 0;
	const uint32_t key = object_be32(a[NFTA_META_KEY], UINT32_MAX);

	*v = (struct value){ 0 };
	if (probe->looped && is_link(key))
		return;
	switch (key) {
	case NFT_META_NFPROTO: return put(v, FIELD_KNOWN, &probe->family, 1);
	case NFT_META_L4PROTO: return put(v, FIELD_KNOWN, &probe->protocol, 1);
	case NFT_META_PROTOCOL: return put(v, FIELD_KNOWN, &ethertype, 2);
	case NFT_META_PKTTYPE:
		return put(v, load_for_host_alone(probe) ? FIELD_KNOWN : FIELD_UNKNOWN, &host, 1);
	case NFT_META_SECPATH: return put(v, FIELD_KNOWN, &in_clear, 1);
	case NFT_META_IIF:
		*v = (struct value){ FIELD_LINK, .len = 4, .links = probe->links };
		return;
	case NFT_META_IIFTYPE: return put(v, FIELD_OTHER, &loopback, 2);
	case NFT_META_IIFNAME:
		*v = (struct value){ FIELD_NAME, .len = 16, .links = probe->links };
		return;
	case NFT_META_MARK: return load_mark(probe, v);
	}
}

/* A port that is known is as good as any other field that is. */
static void put_port(const struct probe *probe, struct value *v)
{
	const uint16_t port = htons(probe->port);

	if (probe->port)
		put(v, FIELD_KNOWN, &port, sizeof(port));
	else
		*v = (struct value){ probe->aimed ? FIELD_UNKNOWN : FIELD_PORT,
				     .len = sizeof(port) };
}

/* So is a source, as far as it goes. */
void load_source(const struct probe *probe, uint8_t len, struct value *v)
{
	if (probe->from_there && len <= (probe->family == NFPROTO_IPV4 ? 4 : 16))
		put(v, FIELD_KNOWN, probe->source, len);
	else
		*v = (struct value){ FIELD_SOURCE, .len = len };
}

void load_ct(const struct probe *probe, const struct nlattr **a, struct value *v)
{
	static const uint32_t states[] = {
		[TRACKING_NEW] = NF_CT_STATE_BIT(IP_CT_NEW),
		[TRACKING_UNTRACKED] = NF_CT_STATE_UNTRACKED_BIT,
		[TRACKING_INVALID] = NF_CT_STATE_INVALID_BIT,
	};
	const uint32_t status = 0;
	const uint8_t original = IP_CT_DIR_ORIGINAL, any = 0xff;
	const struct nlattr *d = a[NFTA_CT_DIRECTION];
	uint8_t direction = d && mnl_attr_validate(d, MNL_TYPE_U8) == 0 ? mnl_attr_get_u8(d) : any;

	*v = (struct value){ 0 };
	switch (object_be32(a[NFTA_CT_KEY], UINT32_MAX)) {
	case NFT_CT_STATE: return put(v, FIELD_KNOWN, &states[probe->tracking], 4);
	case NFT_CT_STATUS:
		return put(v, probe->redirected ? FIELD_UNKNOWN : FIELD_KNOWN, &status,
			   sizeof(status));
	case NFT_CT_MARK: return load_mark(probe, v);
	case NFT_CT_DIRECTION: return put(v, FIELD_KNOWN, &original, 1);
	case NFT_CT_SRC_IP: load_source(probe, 4, v); break;
	case NFT_CT_SRC_IP6: load_source(probe, 16, v); break;
	case NFT_CT_PROTO_DST:
		if (!probe->redirected)
			put_port(probe, v);
		break;
	}
	if (direction != original)
		v->field = FIELD_UNKNOWN;
}

void load_fib(const struct probe *probe, const struct nlattr **a, struct value *v)
{
	const uint32_t local = RTN_LOCAL, unicast = RTN_UNICAST, group = RTN_MULTICAST;
	uint32_t flags = object_be32(a[NFTA_FIB_FLAGS], 0);

	*v = (struct value){ 0 };
	if (object_be32(a[NFTA_FIB_RESULT], 0) != NFT_FIB_RESULT_ADDRTYPE ||
	    flags & NFTA_FIB_F_PRESENT)
		return;
	if (!(flags & NFTA_FIB_F_DADDR))
		return put(v, FIELD_KNOWN, &unicast, sizeof(unicast));
	if (probe->group && probe->family == NFPROTO_IPV6)
		return put(v, FIELD_KNOWN, &group, sizeof(group));
	put(v, probe->group ? FIELD_OTHER : FIELD_KNOWN, &local, sizeof(local));
}

void load_destination(const struct probe *probe, uint8_t len, struct value *v)
{
	const bool ip4 = probe->family == NFPROTO_IPV4;

	*v = (struct value){ .field = ip4 ? FIELD_HOST4 : FIELD_HOST6,
			     .len = len,
			     .own = probe->own,
			     .aimed = probe->aimed,
			     .names = probe->port };
	if (probe->group)
		v->field = ip4 ? FIELD_GROUP4 : FIELD_GROUP6;
}

static void load_next(const struct probe *probe, struct value *v)
{
	put(v, probe->family == NFPROTO_IPV4 ? FIELD_KNOWN : FIELD_NEXT, &probe->protocol, 1);
}

/*
 * Which part of a packet it is (RFC 791, RFC 8200, RFC 9293, RFC 768; Ethernet's source).  nft(8)
 * makes one of neighbouring fields: what begins with the source names one, and so does a pair
 * of ports.
 */
void load_payload(const struct probe *probe, const struct nlattr **a, struct value *v)
{
	static const struct part {
		uint8_t base, from, len;
		enum field field;
	} parts[] = {
		{ NFT_PAYLOAD_LL_HEADER, 6, 6, FIELD_HARDWARE },
		{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 4, FIELD_PORT },
	};
	const uint32_t protocol = probe->family == NFPROTO_IPV4 ? 9 : 6;
	const uint32_t source = probe->family == NFPROTO_IPV4 ? 12 : 8;
	const uint32_t destination = probe->family == NFPROTO_IPV4 ? 16 : 24;
	uint32_t base = object_be32(a[NFTA_PAYLOAD_BASE], UINT32_MAX);
	uint32_t from = object_be32(a[NFTA_PAYLOAD_OFFSET], UINT32_MAX);
	uint32_t len = object_be32(a[NFTA_PAYLOAD_LEN], UINT32_MAX);

	*v = (struct value){ .len = len <= SET_KEY_MAX ? (uint8_t)len : 0,
			     .gateways = probe->gateways };
	if (base == NFT_PAYLOAD_NETWORK_HEADER && from == protocol && len == 1)
		return load_next(probe, v);
	if (base == NFT_PAYLOAD_TRANSPORT_HEADER && from == 13 && len == 1 &&
	    probe->protocol == IPPROTO_TCP)
		return share_first_flags(v);
	if (base == NFT_PAYLOAD_TRANSPORT_HEADER && from == 2 && len == 2)
		return put_port(probe, v);
	if (base == NFT_PAYLOAD_NETWORK_HEADER && from == source && v->len)
		return load_source(probe, v->len, v);
	if (base == NFT_PAYLOAD_NETWORK_HEADER && from == destination)
		return load_destination(probe, v->len, v);
	for (size_t i = 0; i < COUNT(parts); i++) {
		const struct part *p = &parts[i];

		if (base == p->base && from == p->from && len == p->len)
			v->field = (probe->port || probe->aimed) && p->field == FIELD_PORT
					   ? FIELD_UNKNOWN
					   : p->field;
	}
}
