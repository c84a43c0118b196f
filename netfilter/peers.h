/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The peers of an allow-list as nftables sets of address . protocol . port: hash sets for
 * single addresses, sets of ranges, which cost more, only for prefixes.  Of a long list most are
 * one service, HTTPS at mirrors for instance: those are a set of addresses alone, which takes two
 * thirds of the memory.
 */
#pragma once

#include <stdint.h>

#include "agent/base/allow.h"
#include "agent/base/cleanup.h"
#include "agent/base/err.h"

struct batch;
struct peers;

/* `out` and `vpn` peers we may talk to, port theirs, those of `vpn` by any program; `in` peers may
 * talk to us, port ours. */
enum peers_list { PEERS_OUT, PEERS_IN, PEERS_OPEN };

enum peers_set {
	PEERS_OUT4,
	PEERS_OUT4_NETS,
	PEERS_OUT4_MAIN,
	PEERS_OUT6,
	PEERS_OUT6_NETS,
	PEERS_OUT6_MAIN,
	PEERS_VPN4,
	PEERS_VPN4_NETS,
	PEERS_VPN6,
	PEERS_VPN6_NETS,
	PEERS_IN4,
	PEERS_IN4_NETS,
	PEERS_IN6,
	PEERS_IN6_NETS,
	PEERS_OPEN4,
	PEERS_OPEN6,
	PEERS_COUNT
};

#define WHEN(set) (1u << (set))

/*
 * Sorts an allow-list into its sets; `allow` must outlive the result.  -EINVAL for a peer that
 * the contract of allow.h forbids, -E2BIG for more than ALLOW_PEERS_MAX, -ENOMEM.
 */
int peers_sort(const struct allow *allow, struct peers **ret, struct fault *fault);
void peers_free(struct peers *p);
DEFINE_DROP(peers, peers_free)

/* The TCP ports of the sets MAIN, for IPv4 and IPv6; 0: there is none, so no such set. */
struct services {
	uint16_t port4, port6;
};
struct services peers_services(const struct peers *p);

/* Where a peer of that list belongs. */
enum peers_set peers_set_of(const struct peer *p, enum peers_list list,
			    const struct services *services);

/* A bit, WHEN(set), for each set that has a peer. */
uint32_t peers_present(const struct peers *p);

/*
 * Replaces all sets of the table: those that have peers are there, with room for some more, the
 * others are not there.  No rule may use them: flush the rules before, in the same batch.
 */
void peers_add_sets(struct batch *b, const char *table, const struct peers *p);

/* Then their elements; the same bytes for each family of tables (batch_repeat()). */
void peers_fill_sets(struct batch *b, const char *table, const struct peers *p);

/* Takes one single address out of its set, or puts one in; it must be as allow.h has it. */
void peers_edit_set(struct batch *b, const char *table, const struct peer *p, enum peers_set set,
		    bool gone);

/* Is each of them as allow.h has it?  -EINVAL, and which one of that list is not. */
int peers_check(const struct peer *peers, size_t n, const char *list, struct fault *fault);
