/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the quarantine's rules are: one table of them for packets (family inet) and for the
 * frames of each link (family netdev), most of it for both.
 */
#pragma once

#include "netfilter/peers.h"
#include "netfilter/rule.h"

/* Circumstances of a rule, besides "this set of peers is not empty" (peers.h). */
#define ALWAYS		0
#define WHEN_DHCP	(1u << (PEERS_COUNT + 0))
#define WHEN_DNS	(1u << (PEERS_COUNT + 1)) /* to anybody */
#define WHEN_TCP53	(1u << (PEERS_COUNT + 2)) /* ... over TCP as well */
#define WHEN_NAMES	(1u << (PEERS_COUNT + 3)) /* no questions but for the names of the list */
#define WHEN_REFUSE	(1u << (PEERS_COUNT + 4)) /* ... and who tries TCP is told so */
#define WHEN_OPEN_NAMES (1u << (PEERS_COUNT + 5)) /* questions of every program to anybody */
#define WHEN_WHO	(1u << 31) /* the list is open to the repair services only (who.h) */

/* Chains that are not base chains.  A rule is in each table that has its chain. */
#define RULES_PACKETS 1u
#define RULES_FRAMES  2u

struct rules_chain {
	const char *name;
	unsigned tables; /* RULES_ */
};

extern const struct rules_chain rules_chains[];
extern const size_t rules_n_chains;

/* In this order; what no rule accepts meets the policy of the base chain: drop. */
extern const struct rule rules[];
extern const size_t rules_n;

unsigned rules_tables(const char *chain); /* RULES_ of the tables that have it */
