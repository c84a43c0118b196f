/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is kept of a dumped ruleset: for ruleset.c, which gathers it, and fate.c, which judges. */
#pragma once

#include "netfilter/hops.h"
#include "netfilter/marks.h"
#include "netfilter/names.h"
#include "netfilter/ruleset.h"
#include "netfilter/sets.h"
#include "netfilter/weigh.h"

#define NOWHERE UINT32_MAX /* instead of a chain */

/*
 * The first ask whether inbound is closed at all, the next whether any port is open by groups,
 * those from ASKED on about one port: in its ways.
 */
#define PROBES	   5
#define GROUPS	   2
#define ASKED	   (PROBES + GROUPS)
#define WAYS	   3
#define PROBES_MAX (ASKED + WAYS * RULESET_ASKED)

struct probe_set {
	uint64_t words[(PROBES_MAX + 63) / 64];
};

static inline void probe_set_add(struct probe_set *s, unsigned probe)
{
	s->words[probe / 64] |= UINT64_C(1) << probe % 64;
}

static inline bool probe_set_has(const struct probe_set *s, unsigned probe)
{
	return s->words[probe / 64] >> probe % 64 & 1;
}

/* Where a packet may end up; several bits when it depends. */
enum fate { FATE_DROP = 1, FATE_ACCEPT = 2, FATE_RETURN = 4, FATE_BEING_ASKED = 8 };

/* Only rules that have an effect on one of the probes at all. */
struct kept_rule {
	enum effect effect;
	uint32_t target; /* chain, or NOWHERE */
	struct probe_set sure, may;
	uint64_t handle;
	uint32_t position; /* among all rules of the chain, from 1 on */
};

struct kept_chain {
	struct name name;
	bool input;   /* a base chain that packets to this host meet */
	bool output;  /* a base chain that this host's own packets meet */
	bool aside;   /* a base chain that packets to this host do not meet */
	bool arrives; /* what comes begins here on its way to where it is sent elsewhere */
	int32_t priority;
	uint8_t policy; /* a fate */
	uint32_t taken; /* rules, with those that are not kept */
	struct kept_rule *rules;
	size_t n, room;
	uint8_t fate[PROBES_MAX]; /* 0: not asked yet */
};

struct imprint;

struct ruleset {
	struct imprint *imprint; /* NULL: nobody asks (imprint.h) */
	struct probe probes[PROBES_MAX];
	unsigned n_probes;
	uint8_t question[PROBES_MAX]; /* which one a probe from ASKED on belongs to */
	uint8_t n_questions;
	struct scope scope;
	bool learnt;		   /* as ruleset_end() says */
	uint64_t together[PROBES]; /* the sum of what rules name (struct weight's share) */
	struct marks marks;
	struct probe_set untracks; /* those that a rule has conntrack pass over */
	struct hops hops;
	struct forward forwards[SURVEY_FORWARDS];
	size_t n_forwards, all_forwards;
	char cut[96];		/* as in struct survey */
	struct tables asleep;	/* dormant tables, and ours: they do not count */
	struct tables arrivals; /* those with a chain that `arrives` */
	struct sets sets;
	struct kept_chain *chains;
	size_t n_chains, room_chains;
	bool sorted;
	uint32_t last; /* chain of the last rule: the dump goes chain by chain */
};

/* The first probes (packets.c). */
void packets_begin(struct ruleset *rs);

/* The number of a chain in chains[], once they are all there; NOWHERE when it is not. */
uint32_t ruleset_chain(struct ruleset *rs, uint8_t family, const char *table, const char *chain);

/* May a rule of that table be one that forwards what comes? */
bool ruleset_arrives(const struct ruleset *rs, uint8_t family, const char *table);
