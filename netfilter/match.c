// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_mac.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_pkttype.h>
#include <linux/netfilter/xt_policy.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "agent/base/count.h"
#include "netfilter/edges.h"
#include "netfilter/load.h"
#include "netfilter/match.h"
#include "netfilter/share.h"

#define PORT_MAX 65535u

/* Inverted, what is known turns round and what is in doubt stays so. */
static uint64_t turn(uint64_t share, bool inverted)
{
	return inverted ? SHARE_ALL - share : share;
}

static uint64_t share_of_truth(bool truth)
{
	return truth ? SHARE_ALL : 0;
}

static uint64_t share_of_ports(const struct probe *probe, unsigned from, unsigned to)
{
	if (probe->port)
		return share_of_truth(from <= probe->port && probe->port <= to);
	if (probe->aimed)
		return SHARE_DOUBT;
	edges_note(probe->edges, from, to);
	return from <= to ? (uint64_t)(to - from + 1) << 16 : 0;
}

/* Who knocks chooses the port it comes from. */
static uint64_t share_of_source_ports(const uint16_t *ports, bool inverted)
{
	return ports[0] == 0 && ports[1] == PORT_MAX ? turn(SHARE_ALL, inverted) : SHARE_DOUBT;
}

static uint64_t share_of_flags(uint8_t mask, const uint8_t *flags)
{
	struct value v;

	share_first_flags(&v);
	v.bytes[0] &= mask;
	v.loose[0] &= mask;
	return share_of_range(&v, flags, flags, 1);
}

static uint64_t on_tcp(const void *info, const struct probe *probe)
{
	struct xt_tcp m;
	uint64_t ports, flags;

	memcpy(&m, info, sizeof(m));
	if (probe->protocol != IPPROTO_TCP)
		return 0;
	ports = share_both(share_of_source_ports(m.spts, m.invflags & XT_TCP_INV_SRCPT),
			   turn(share_of_ports(probe, m.dpts[0], m.dpts[1]),
				m.invflags & XT_TCP_INV_DSTPT));
	flags = turn(share_of_flags(m.flg_mask, &m.flg_cmp), m.invflags & XT_TCP_INV_FLAGS);
	return share_both(share_both(ports, flags), m.option ? SHARE_DOUBT : SHARE_ALL);
}

static uint64_t on_udp(const void *info, const struct probe *probe)
{
	struct xt_udp m;

	memcpy(&m, info, sizeof(m));
	if (probe->protocol != IPPROTO_UDP)
		return 0;
	return share_both(share_of_source_ports(m.spts, m.invflags & XT_UDP_INV_SRCPT),
			  turn(share_of_ports(probe, m.dpts[0], m.dpts[1]),
			       m.invflags & XT_UDP_INV_DSTPT));
}

static uint64_t on_multiport(const void *info, const struct probe *probe)
{
	struct xt_multiport_v1 m;
	uint64_t all = 0;

	memcpy(&m, info, sizeof(m));
	if (m.flags != XT_MULTIPORT_DESTINATION || m.count > XT_MULTI_PORTS)
		return SHARE_DOUBT;
	for (unsigned i = 0; i < m.count; i++) {
		unsigned from = m.ports[i];

		if (m.pflags[i] && i + 1 < m.count)
			i++;
		all = share_either(all, share_of_ports(probe, from, m.ports[i]));
	}
	return turn(all, m.invert);
}

static uint64_t on_state(const void *info, const struct probe *probe)
{
	static const unsigned bits[] = {
		[TRACKING_NEW] = XT_STATE_BIT(IP_CT_NEW),
		[TRACKING_UNTRACKED] = XT_STATE_UNTRACKED,
		[TRACKING_INVALID] = XT_STATE_INVALID,
	};
	struct xt_state_info m;

	memcpy(&m, info, sizeof(m));
	return share_of_truth(m.statemask & bits[probe->tracking]);
}

/* A sixteenth of the addresses is most of them, and half of the ports: the one told as the other.
 */
static uint64_t as_ports(uint64_t share)
{
	if (share >= SHARE_MOST)
		return share > SHARE_DOUBT ? share : SHARE_DOUBT;
	return share * (SHARE_MOST_PORTS / SHARE_MOST);
}

static uint64_t share_of_source(const struct xt_conntrack_mtinfo3 *m, const struct probe *probe)
{
	const struct value source = { .field = FIELD_SOURCE, .masked = true };
	struct value v = source;

	for (unsigned i = 0; i < (probe->family == NFPROTO_IPV4 ? 1 : 4); i++)
		v.bits += (uint8_t)__builtin_popcount(m->origsrc_mask.all[i]);
	return share_of_range(&v, (const uint8_t *)&m->origsrc_addr,
			      (const uint8_t *)&m->origsrc_addr, 4);
}

/* What these ask beyond state, status, source and port is in doubt. */
#define CONNTRACK_READ                                                     \
	(XT_CONNTRACK_STATE | XT_CONNTRACK_STATUS | XT_CONNTRACK_ORIGSRC | \
	 XT_CONNTRACK_ORIGDST_PORT | XT_CONNTRACK_STATE_ALIAS)

static uint64_t share_of_state(unsigned mask, const struct probe *probe)
{
	static const unsigned bits[] = {
		[TRACKING_NEW] = XT_CONNTRACK_STATE_BIT(IP_CT_NEW),
		[TRACKING_UNTRACKED] = XT_CONNTRACK_STATE_UNTRACKED,
		[TRACKING_INVALID] = XT_CONNTRACK_STATE_INVALID,
	};

	if (mask & bits[probe->tracking])
		return SHARE_ALL;
	return probe->redirected && mask & XT_CONNTRACK_STATE_DNAT ? SHARE_DOUBT : 0;
}

static uint64_t on_conntrack(const void *info, const struct probe *probe)
{
	struct xt_conntrack_mtinfo3 m;
	const uint64_t nat = probe->redirected ? SHARE_DOUBT : 0;
	uint64_t all = SHARE_ALL;

	memcpy(&m, info, sizeof(m));
	if (probe->tracking != TRACKING_NEW) /* what it asks beside the state is passed over */
		return m.match_flags & XT_CONNTRACK_STATE
			       ? turn(share_of_state(m.state_mask, probe),
				      m.invert_flags & XT_CONNTRACK_STATE)
			       : 0;
	if (m.match_flags & XT_CONNTRACK_STATE)
		all = turn(share_of_state(m.state_mask, probe),
			   m.invert_flags & XT_CONNTRACK_STATE);
	if (m.match_flags & XT_CONNTRACK_STATUS) /* of a new connection: none but NAT's */
		all = share_both(all, turn(nat, m.invert_flags & XT_CONNTRACK_STATUS));
	if (m.match_flags & XT_CONNTRACK_ORIGSRC)
		all = share_both(all, as_ports(turn(share_of_source(&m, probe),
						    m.invert_flags & XT_CONNTRACK_ORIGSRC)));
	if (m.match_flags & XT_CONNTRACK_ORIGDST_PORT)
		all = share_both(
			all,
			turn(nat ? nat : share_of_ports(probe, m.origdst_port, m.origdst_port_high),
			     m.invert_flags & XT_CONNTRACK_ORIGDST_PORT));
	return share_both(all, m.match_flags & ~CONNTRACK_READ ? SHARE_DOUBT : SHARE_ALL);
}

/* In IPv6 there are no broadcasts. */
static uint64_t share_of_destination(unsigned types, const struct probe *probe)
{
	const unsigned any = XT_ADDRTYPE_MULTICAST | XT_ADDRTYPE_BROADCAST;

	if (!probe->group)
		return share_of_truth(types & XT_ADDRTYPE_LOCAL);
	if (probe->family == NFPROTO_IPV6)
		return share_of_truth(types & XT_ADDRTYPE_MULTICAST);
	return (types & any) == any ? SHARE_ALL : types & any ? SHARE_DOUBT : 0;
}

static uint64_t on_addrtype(const void *info, const struct probe *probe)
{
	struct xt_addrtype_info_v1 m;
	uint64_t all = SHARE_ALL;

	memcpy(&m, info, sizeof(m));
	if (m.dest)
		all = turn(share_of_destination(m.dest, probe), m.flags & XT_ADDRTYPE_INVERT_DEST);
	if (m.source)
		all = share_both(all, turn(share_of_truth(m.source & XT_ADDRTYPE_UNICAST),
					   m.flags & XT_ADDRTYPE_INVERT_SOURCE));
	return all;
}

static uint64_t on_pkttype(const void *info, const struct probe *probe)
{
	struct xt_pkttype_info m;

	memcpy(&m, info, sizeof(m));
	return load_for_host_alone(probe) ? turn(share_of_truth(m.pkttype == PACKET_HOST), m.invert)
					  : SHARE_DOUBT;
}

static uint64_t share_of_addresses(const struct value *v, const union nf_inet_addr *min,
				   const union nf_inet_addr *max, bool inverted)
{
	return as_ports(turn(share_of_range(v, (const uint8_t *)min, (const uint8_t *)max, v->len),
			     inverted));
}

static uint64_t on_iprange(const void *info, const struct probe *probe)
{
	const uint8_t len = probe->family == NFPROTO_IPV4 ? 4 : 16;
	struct xt_iprange_mtinfo m;
	uint64_t all = SHARE_ALL;
	struct value from, to;

	memcpy(&m, info, sizeof(m));
	load_source(probe, len, &from);
	load_destination(probe, len, &to);
	if (m.flags & IPRANGE_SRC)
		all = share_of_addresses(&from, &m.src_min, &m.src_max, m.flags & IPRANGE_SRC_INV);
	if (m.flags & IPRANGE_DST)
		all = share_both(all, share_of_addresses(&to, &m.dst_min, &m.dst_max,
							 m.flags & IPRANGE_DST_INV));
	return all;
}

/* What comes in the clear has no policy; one on the way out cannot be asked here. */
static uint64_t on_policy(const void *info, const struct probe *probe)
{
	struct xt_policy_info m;

	(void)probe;
	memcpy(&m, info, sizeof(m));
	return m.flags & XT_POLICY_MATCH_IN ? share_of_truth(m.flags & XT_POLICY_MATCH_NONE)
					    : SHARE_DOUBT;
}

static uint64_t on_mac(const void *info, const struct probe *probe)
{
	struct xt_mac_info m;
	const uint8_t *from = m.srcaddr;
	bool routers;

	memcpy(&m, info, sizeof(m));
	routers = share_is_routers(probe->gateways, from, from, sizeof(m.srcaddr));
	return turn(routers ? SHARE_DOUBT : SHARE_SOME, m.invert);
}

static uint64_t share_of_mark(const struct probe *probe, uint32_t mark, uint32_t mask)
{
	struct value v;

	load_mark(probe, &v);
	for (size_t i = 0; i < sizeof(mask); i++)
		v.loose[i] &= ((const uint8_t *)&mask)[i];
	return share_of_range(&v, (const uint8_t *)&mark, (const uint8_t *)&mark, sizeof(mark));
}

static uint64_t on_mark(const void *info, const struct probe *probe)
{
	struct xt_mark_mtinfo1 m;

	memcpy(&m, info, sizeof(m));
	return turn(share_of_mark(probe, m.mark, m.mask), m.invert);
}

/* Without a connection there is no mark to ask for, not even for one that it has not. */
static uint64_t on_connmark(const void *info, const struct probe *probe)
{
	struct xt_connmark_mtinfo1 m;

	memcpy(&m, info, sizeof(m));
	return probe->tracking == TRACKING_NEW
		       ? turn(share_of_mark(probe, m.mark, m.mask), m.invert)
		       : 0;
}

static uint64_t on_comment(const void *info, const struct probe *probe)
{
	(void)info, (void)probe;
	return SHARE_ALL;
}

static uint64_t on_icmp(const void *info, const struct probe *probe)
{
	(void)info, (void)probe;
	return 0;
}

static const struct match_row {
	const char *name;
	uint32_t revision;
	size_t len;
	uint64_t (*share)(const void *info, const struct probe *probe);
} rows[] = {
	{ "addrtype", 1, sizeof(struct xt_addrtype_info_v1), on_addrtype },
	{ "comment", 0, 0, on_comment },
	{ "connmark", 1, sizeof(struct xt_connmark_mtinfo1), on_connmark },
	{ "conntrack", 3, sizeof(struct xt_conntrack_mtinfo3), on_conntrack },
	{ "icmp", 0, 0, on_icmp },
	{ "icmp6", 0, 0, on_icmp },
	{ "iprange", 1, sizeof(struct xt_iprange_mtinfo), on_iprange },
	{ "mac", 0, sizeof(struct xt_mac_info), on_mac },
	{ "mark", 1, sizeof(struct xt_mark_mtinfo1), on_mark },
	{ "multiport", 1, sizeof(struct xt_multiport_v1), on_multiport },
	{ "pkttype", 0, sizeof(struct xt_pkttype_info), on_pkttype },
	{ "policy", 0, sizeof(struct xt_policy_info), on_policy },
	{ "state", 0, sizeof(struct xt_state_info), on_state },
	{ "tcp", 0, sizeof(struct xt_tcp), on_tcp },
	{ "udp", 0, sizeof(struct xt_udp), on_udp },
};

uint64_t match_share(const char *name, uint32_t revision, const void *info, size_t len,
		     const struct probe *probe)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (!strcmp(name, rows[i].name) && revision == rows[i].revision &&
		    len >= rows[i].len)
			return rows[i].share(info, probe);
	}
	return SHARE_DOUBT;
}
