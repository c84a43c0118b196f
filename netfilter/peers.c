// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <libnftnl/set.h>
#include <linux/netfilter/nf_tables.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "netfilter/batch.h"
#include "netfilter/nets.h"
#include "netfilter/peers.h"

DEFINE_DROP(nftnl_set, nftnl_set_free)

/* Types of set keys, as nft(8) numbers them to show a set; each part takes six bits. */
enum { TYPE_IPV4 = 7, TYPE_IPV6 = 8, TYPE_PROTOCOL = 12, TYPE_SERVICE = 13 };

static const struct set {
	const char *name;
	int family;
	enum peers_list list;
	bool nets, bare; /* bare: addresses alone */
} sets[PEERS_COUNT] = {
	[PEERS_OUT4] = { "out4", AF_INET, PEERS_OUT, false, false },
	[PEERS_OUT4_NETS] = { "out4-nets", AF_INET, PEERS_OUT, true, false },
	[PEERS_OUT4_MAIN] = { "out4-main", AF_INET, PEERS_OUT, false, true },
	[PEERS_OUT6] = { "out6", AF_INET6, PEERS_OUT, false, false },
	[PEERS_OUT6_NETS] = { "out6-nets", AF_INET6, PEERS_OUT, true, false },
	[PEERS_OUT6_MAIN] = { "out6-main", AF_INET6, PEERS_OUT, false, true },
	[PEERS_VPN4] = { "vpn4", AF_INET, PEERS_OUT, false, false },
	[PEERS_VPN4_NETS] = { "vpn4-nets", AF_INET, PEERS_OUT, true, false },
	[PEERS_VPN6] = { "vpn6", AF_INET6, PEERS_OUT, false, false },
	[PEERS_VPN6_NETS] = { "vpn6-nets", AF_INET6, PEERS_OUT, true, false },
	[PEERS_IN4] = { "in4", AF_INET, PEERS_IN, false, false },
	[PEERS_IN4_NETS] = { "in4-nets", AF_INET, PEERS_IN, true, false },
	[PEERS_IN6] = { "in6", AF_INET6, PEERS_IN, false, false },
	[PEERS_IN6_NETS] = { "in6-nets", AF_INET6, PEERS_IN, true, false },
	[PEERS_OPEN4] = { "open4", AF_INET, PEERS_OPEN, false, false },
	[PEERS_OPEN6] = { "open6", AF_INET6, PEERS_OPEN, false, false },
};

#define MAIN_MIN 256 /* a shorter list stays one set, which is easier to read */

struct peers {
	const struct allow *allow;
	struct services services;
	uint32_t n[PEERS_COUNT];
	struct net *nets[PEERS_COUNT]; /* only of sets of prefixes: none in another */
};

static unsigned address_bits(const struct peer *p)
{
	return p->family == AF_INET ? 32 : 128;
}

static bool is_single(const struct peer *p)
{
	return p->prefix == address_bits(p);
}

enum peers_set peers_set_of(const struct peer *p, enum peers_list list,
			    const struct services *services)
{
	const bool six = p->family == AF_INET6;
	const uint16_t main = six ? services->port6 : services->port4;
	static const enum peers_set of[][2][2] = {
		/* whose, family, prefix */
		{ { PEERS_OUT4, PEERS_OUT4_NETS }, { PEERS_OUT6, PEERS_OUT6_NETS } },
		{ { PEERS_VPN4, PEERS_VPN4_NETS }, { PEERS_VPN6, PEERS_VPN6_NETS } },
		{ { PEERS_IN4, PEERS_IN4_NETS }, { PEERS_IN6, PEERS_IN6_NETS } },
	};

	if (list == PEERS_OPEN)
		return six ? PEERS_OPEN6 : PEERS_OPEN4;
	if (list == PEERS_IN || p->anyone || !is_single(p))
		return of[list == PEERS_IN ? 2 : p->anyone][six][!is_single(p)];
	if (main && p->port == main && p->proto == IPPROTO_TCP)
		return six ? PEERS_OUT6_MAIN : PEERS_OUT4_MAIN;
	return six ? PEERS_OUT6 : PEERS_OUT4;
}

static bool may_be_main(const struct peer *p, int family)
{
	return p->family == family && is_single(p) && p->proto == IPPROTO_TCP && !p->anyone;
}

/*
 * The port that more than half of the single addresses have, if any has: it is the one that is
 * left over when each two that differ cancel out.
 */
static uint16_t main_port(const struct allow *a, int family)
{
	uint16_t port = 0;
	size_t lead = 0, n = 0;

	for (size_t i = 0; i < a->n_out; i++) {
		const struct peer *p = &a->out[i];

		if (!may_be_main(p, family))
			continue;
		if (!lead)
			port = p->port;
		lead += p->port == port ? 1 : (size_t)-1;
	}
	for (size_t i = 0; i < a->n_out; i++)
		n += may_be_main(&a->out[i], family) && a->out[i].port == port;
	return n >= MAIN_MIN ? port : 0;
}

int peers_check(const struct peer *peers, size_t n, const char *list, struct fault *fault)
{
	for (size_t i = 0; i < n; i++) {
		const struct peer *p = &peers[i];

		if ((p->family != AF_INET && p->family != AF_INET6) ||
		    p->prefix > address_bits(p) ||
		    (p->proto != IPPROTO_TCP && p->proto != IPPROTO_UDP) || !p->port)
			return fault_set(fault, -EINVAL,
					 "peer %zu of the %s list is not valid: "
					 "family %u, protocol %u, prefix %u, port %u",
					 i + 1, list, p->family, p->proto, p->prefix, p->port);
	}
	return 0;
}

/* What is open to every program is a few machines for a while, and never a network. */
static int check_open(const struct allow *a, struct fault *fault)
{
	int r = peers_check(a->open, a->n_open, "open", fault);

	if (r == 0 && a->n_open && (a->n_open > ALLOW_OPEN_MAX || !a->open_for))
		r = fault_set(fault, -EINVAL, "%zu peers are open to all, for %u seconds",
			      a->n_open, a->open_for);
	for (size_t i = 0; r == 0 && i < a->n_open; i++)
		if (!is_single(&a->open[i]) || a->open[i].proto != IPPROTO_TCP)
			r = fault_set(fault, -EINVAL,
				      "peer %zu of the open list is not one "
				      "machine's TCP port",
				      i + 1);
	return r;
}

static const struct peer *list_of(const struct allow *a, enum peers_list list, size_t *n)
{
	switch (list) {
	case PEERS_OUT: *n = a->n_out; return a->out;
	case PEERS_IN: *n = a->n_in; return a->in;
	case PEERS_OPEN: *n = a->n_open; return a->open;
	}
	*n = 0;
	return NULL;
}

static void count(struct peers *p, enum peers_list which)
{
	size_t n;
	const struct peer *list = list_of(p->allow, which, &n);

	for (size_t i = 0; i < n; i++)
		p->n[peers_set_of(&list[i], which, &p->services)]++;
}

static int sort_nets(struct peers *p, enum peers_set set)
{
	size_t n;
	const struct peer *list = list_of(p->allow, sets[set].list, &n);

	p->nets[set] = calloc(p->n[set], sizeof(*p->nets[set]));
	if (!p->nets[set])
		return -ENOMEM;
	for (size_t i = 0, at = 0; i < n; i++) {
		if (peers_set_of(&list[i], sets[set].list, &p->services) == set)
			p->nets[set][at++] = (struct net){ &list[i], list[i].port };
	}
	p->n[set] = nets_join(p->nets[set], p->n[set]);
	return 0;
}

int peers_sort(const struct allow *allow, struct peers **ret, struct fault *fault)
{
	_drop_(drop_peers) struct peers *p = calloc(1, sizeof(*p));
	int r = p ? 0 : -ENOMEM;

	if (allow->n_out > ALLOW_PEERS_MAX || allow->n_in > ALLOW_PEERS_MAX)
		return fault_set(fault, -E2BIG, "the allow-list has more than %d peers",
				 ALLOW_PEERS_MAX);
	if (r == 0)
		r = peers_check(allow->out, allow->n_out, "outbound", fault);
	if (r == 0)
		r = peers_check(allow->in, allow->n_in, "inbound", fault);
	if (r == 0)
		r = check_open(allow, fault);
	if (r == 0) {
		p->allow = allow;
		p->services = (struct services){ main_port(allow, AF_INET),
						 main_port(allow, AF_INET6) };
		for (unsigned list = PEERS_OUT; list <= PEERS_OPEN; list++)
			count(p, list);
	}
	for (unsigned set = 0; r == 0 && set < PEERS_COUNT; set++) {
		if (sets[set].nets && p->n[set])
			r = sort_nets(p, set);
	}
	if (r < 0)
		return fault_set(fault, r, "out of memory");
	*ret = take(p);
	return 0;
}

void peers_free(struct peers *p)
{
	for (unsigned set = 0; set < PEERS_COUNT; set++)
		free(p->nets[set]);
	free(p);
}

struct services peers_services(const struct peers *p)
{
	return p->services;
}

uint32_t peers_present(const struct peers *p)
{
	uint32_t present = 0;

	for (unsigned set = 0; set < PEERS_COUNT; set++)
		present |= p->n[set] ? WHEN(set) : 0;
	return present;
}

/*
 * With its size declared, the kernel takes its fixed hash, at half the cost.  What is in it leaves
 * by itself after so many seconds; 0: never.
 */
static void add_set(struct batch *b, const char *table, enum peers_set which, uint32_t size,
		    uint32_t seconds)
{
	const uint8_t parts[] = { sets[which].family == AF_INET ? 4 : 16, 1, 2 };
	const uint32_t address = sets[which].family == AF_INET ? TYPE_IPV4 : TYPE_IPV6;
	_drop_(drop_nftnl_set) struct nftnl_set *s = nftnl_set_alloc();

	if (!s)
		return batch_add_set(b, NULL);
	nftnl_set_set_str(s, NFTNL_SET_TABLE, table);
	nftnl_set_set_str(s, NFTNL_SET_NAME, sets[which].name);
	nftnl_set_set_u32(s, NFTNL_SET_ID, which + 1);
	nftnl_set_set_u32(s, NFTNL_SET_KEY_TYPE,
			  sets[which].bare ? address
					   : address << 12 | TYPE_PROTOCOL << 6 | TYPE_SERVICE);
	/* Each part is padded to a register. */
	nftnl_set_set_u32(s, NFTNL_SET_KEY_LEN, parts[0] + (sets[which].bare ? 0 : 4 + 4));
	nftnl_set_set_u32(s, NFTNL_SET_DESC_SIZE, size);
	if (sets[which].nets) {
		nftnl_set_set_u32(s, NFTNL_SET_FLAGS, NFT_SET_INTERVAL | NFT_SET_CONCAT);
		nftnl_set_set_data(s, NFTNL_SET_DESC_CONCAT, parts, sizeof(parts));
	}
	if (sets[which].list == PEERS_OPEN)
		nftnl_set_set_u32(s, NFTNL_SET_FLAGS, NFT_SET_TIMEOUT);
	if (seconds)
		nftnl_set_set_u64(s, NFTNL_SET_TIMEOUT, UINT64_C(1000) * seconds);
	batch_add_set(b, s);
}

static size_t put_key(const struct peer *p, const uint8_t *addr, uint16_t last, uint8_t out[24])
{
	const size_t len = address_bits(p) / 8;
	const uint16_t port = htons(last);

	memset(out, 0, 24);
	memcpy(out, addr, len);
	out[len] = p->proto;
	memcpy(out + len + 4, &port, sizeof(port));
	return len + 8;
}

static void put_peer(struct batch *b, const char *table, enum peers_set set, const struct peer *p,
		     bool gone)
{
	uint8_t key[24];
	struct element_key k = { key, NULL, put_key(p, p->addr, p->port, key) };

	if (sets[set].bare)
		k.len = address_bits(p) / 8;
	if (gone)
		batch_delete_element(b, table, sets[set].name, &k);
	else
		batch_add_element(b, table, sets[set].name, &k);
}

static void put_net(struct batch *b, const char *table, enum peers_set set, const struct net *net)
{
	const struct peer *p = net->peer;
	uint8_t key[24], end[24], last[16];

	nets_last_address(p, last);
	put_key(p, last, net->to, end);
	batch_add_element(b, table, sets[set].name,
			  &(struct element_key){ key, end, put_key(p, p->addr, p->port, key) });
}

static void add_peers(struct batch *b, const char *table, const struct peers *p, enum peers_set set)
{
	size_t n;
	const struct peer *list = list_of(p->allow, sets[set].list, &n);

	for (uint32_t i = 0; sets[set].nets && i < p->n[set]; i++)
		put_net(b, table, set, &p->nets[set][i]);
	for (size_t i = 0; !sets[set].nets && i < n; i++) {
		if (peers_set_of(&list[i], sets[set].list, &p->services) == set)
			put_peer(b, table, set, &list[i], false);
	}
}

/* So that some can come later, one by one. */
static uint32_t size_for(uint32_t n)
{
	return n + n / 8 + 16;
}

void peers_add_sets(struct batch *b, const char *table, const struct peers *p)
{
	for (unsigned set = 0; set < PEERS_COUNT; set++) {
		/* There or not: deleting what is not there would be refused. */
		add_set(b, table, set, 1, 0);
		batch_delete_set(b, table, sets[set].name);
	}
	for (unsigned set = 0; set < PEERS_COUNT; set++) {
		if (p->n[set])
			add_set(b, table, set, size_for(p->n[set]),
				sets[set].list == PEERS_OPEN ? p->allow->open_for : 0);
	}
}

void peers_fill_sets(struct batch *b, const char *table, const struct peers *p)
{
	for (unsigned set = 0; set < PEERS_COUNT; set++) {
		if (p->n[set])
			add_peers(b, table, p, set);
	}
}

void peers_edit_set(struct batch *b, const char *table, const struct peer *p, enum peers_set set,
		    bool gone)
{
	put_peer(b, table, set, p, gone);
}
