/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a dumped ruleset that decide about packets to this host, and what they decide. */
#pragma once

#include "agent/base/cleanup.h"
#include "netfilter/survey.h"

struct ahead;
struct edges;
struct links;
struct nft;
struct nlmsghdr;
struct ruleset;
struct sets;

/* What all questions are about. */
struct scope {
	bool untracked;		   /* packets that conntrack passes over */
	const struct links *links; /* as in share.h; or NULL */
	struct ahead *ahead;	   /* or NULL: nothing is learnt */
};

struct ruleset *ruleset_new(const struct scope *scope); /* NULL when memory ran out */
void ruleset_free(struct ruleset *rs);
DEFINE_DROP(ruleset, ruleset_free)

/* So many questions, before any rule is taken; those above are passed over. */
#define RULESET_ASKED 60
void ruleset_ask(struct ruleset *rs, const struct survey_port *port);

/* The same of a packet from that address (16 bytes, the first four of IPv4). */
void ruleset_ask_from(struct ruleset *rs, const struct survey_port *port, const uint8_t *source);

/* The ports that rules name are noted in *edges: before any rule is taken. */
void ruleset_note(struct ruleset *rs, struct edges *edges);

/* Has a rule conntrack pass over most of what comes in?  Then it is no new connection to others. */
bool ruleset_untracks(const struct ruleset *rs);

/* May rules that each name little come to most ports or senders together?  At the very most. */
bool ruleset_adds_up(const struct ruleset *rs);

/* What imprint_tell() needs is to be kept of the rules, too.  -ENOMEM. */
int ruleset_imprint(struct ruleset *rs);

/*
 * Take one object of a dump (nft_each): first all tables, then all chains, then all sets and
 * their elements, then all rules.
 * -EBADMSG for what is no such object, -EFBIG when there are too many, -ENOMEM.
 */
int ruleset_take_table(void *rs, const struct nlmsghdr *h);
int ruleset_take_chain(void *rs, const struct nlmsghdr *h);
int ruleset_take_set(void *rs, const struct nlmsghdr *h);
int ruleset_take_elements(void *rs, const struct nlmsghdr *h);
int ruleset_take_rule(void *rs, const struct nlmsghdr *h);

/*
 * All was taken.  -EAGAIN when a rule said what others should have been weighed by: then
 * *scope->ahead has that now, and all has to be read again.  If that is so wanted, rules go to
 * ruleset_take_ahead() first, behind the elements.  -ENOMEM.
 */
int ruleset_end(struct ruleset *rs);
bool ruleset_wants_ahead(const struct ruleset *rs);
int ruleset_take_ahead(void *rs, const struct nlmsghdr *h);

/*
 * Takes all of that from the kernel, and what is beside it (nft.h).  What ruleset_end() or a dump
 * returns.
 */
int ruleset_read(struct ruleset *rs, struct nft *nft, struct fault *fault);

/* Those whose elements are still to be asked for. */
const struct sets *ruleset_sets(const struct ruleset *rs);

/* The answers; ports[] are the first n that were asked about, in that order. */
void ruleset_judge(struct ruleset *rs, struct survey_port *ports, size_t n, struct survey *ret);

/* Does most of what was asked of TCP, or of UDP, get in?  Without `baseline`: but for our own. */
bool ruleset_lets_most_in(struct ruleset *rs, uint8_t family, bool baseline);
