/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a table of iptables-legacy is told: for xtables.c, which reads it, and for tests. */
#pragma once

#include <linux/netfilter.h>
#include <stdbool.h>

#include "netfilter/xtables.h"

/*
 * A table as the kernel hands it out (IPT_SO_GET_INFO and IPT_SO_GET_ENTRIES of
 * linux/netfilter_ipv4/ip_tables.h, and the same of IPv6): struct ipt_entry or ip6t_entry one
 * behind the other.  Begins and ends are offsets, of the first rule of a hook and of its policy.
 */
struct xt_table {
	uint8_t family;
	const char *name;
	uint32_t hooks; /* a bit for each that it has */
	const uint32_t *begins, *ends;
	const uint8_t *bytes;
	uint32_t size;
};

/* Adds its chains, and then its rules.  -EBADMSG, -EFBIG, -ENOMEM; then *to may have grown. */
int xtables_tell(const struct xt_table *t, struct xtables *to);

/* A rule of it. */
struct xt_rule {
	const uint8_t *head;	/* struct ipt_ip or ip6t_ip6 */
	const uint8_t *matches; /* each a struct xt_entry_match, of n_matches bytes in all */
	const uint8_t *target;	/* a struct xt_entry_target, of n_target bytes */
	uint32_t n_matches, n_target;
	uint32_t next; /* offset of the rule behind it */
};

/* What its target does. */
enum xt_does {
	XT_DOES_VERDICT, /* xt_verdict: NF_DROP, ... */
	XT_DOES_RETURN,
	XT_DOES_JUMP,  /* to the rule at offset xt_verdict; or, with XT_GOES, a goto */
	XT_DOES_MORE,  /* an extension's own */
	XT_DOES_BEGIN, /* it is no rule, but where a chain begins, or the table's end */
};

enum xt_does xt_does(const struct xt_rule *rule, int32_t *verdict);

/* The name of the chain that begins there, in the rule's own bytes; NULL: it has none. */
const char *xt_begins(const struct xt_rule *rule);

/* Sound, as far as lengths and names go, or -EBADMSG. */
int xt_rule_at(const struct xt_table *t, uint32_t at, struct xt_rule *ret);

/* Is it for every packet? */
bool xt_is_for_all(const struct xt_table *t, const struct xt_rule *rule);

/* A message being written; too much for it sticks. */
#define XT_MESSAGE_MAX 32768
struct xt_message {
	struct nlmsghdr *h; /* of XT_MESSAGE_MAX bytes */
	bool full;
};

/* Begins one of NFT_MSG_, of an object in a table that it names by attribute `of_table`. */
void xt_begin(struct xt_message *m, const struct xt_table *t, uint16_t type, uint16_t of_table);
/* Adds it.  -EFBIG, -ENOMEM. */
int xt_end(const struct xt_message *m, struct xtables *to);

void xt_put(struct xt_message *m, uint16_t type, const void *data, size_t len);
void xt_put_text(struct xt_message *m, uint16_t type, const char *text);
void xt_put_number(struct xt_message *m, uint16_t type, uint32_t number);
struct nlattr *xt_open(struct xt_message *m, uint16_t type);
void xt_close(struct xt_message *m, struct nlattr *nest);

/* Its terms (NFTA_RULE_EXPRESSIONS); `chain` is where a jump leads, else NULL.  -EBADMSG. */
int xt_put_terms(struct xt_message *m, const struct xt_table *t, const struct xt_rule *rule,
		 const char *chain);
