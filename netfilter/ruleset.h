/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a dumped ruleset that decide about packets to this host, and what they decide. */
#pragma once

#include "agent/base/cleanup.h"
#include "netfilter/survey.h"

struct nlmsghdr;
struct ruleset;
struct sets;

struct ruleset *ruleset_new(void); /* NULL when memory ran out */
void ruleset_free(struct ruleset *rs);
DEFINE_DROP(ruleset, ruleset_free)

/* One more question, before any rule is taken; those above SURVEY_PORTS_MAX are passed over. */
void ruleset_ask(struct ruleset *rs, const struct survey_port *port);

/* Has a rule conntrack pass over most of what comes in?  Then it is no new connection to others. */
bool ruleset_untracks(const struct ruleset *rs);

/* All questions are about such packets: after ruleset_ask(), before any rule is taken. */
void ruleset_ask_untracked(struct ruleset *rs);

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

/* Those whose elements are still to be asked for. */
const struct sets *ruleset_sets(const struct ruleset *rs);

/* The answers; ports[] are those that were asked about, in that order. */
void ruleset_judge(struct ruleset *rs, struct survey_port *ports, size_t n, struct survey *ret);
